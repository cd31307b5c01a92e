package dev.engram.spark;

import dev.engram.explicit.Cluster;
import dev.engram.explicit.ShardTask;
import java.io.Serializable;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Function1;
import scala.Function2;
import scala.collection.Iterator;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.BoxedUnit;

/**
 * The encoding job on Apache Spark: every shard is a partition of its own. Out go the shard's number and texts ({@link ShardTask}) and, once
 * per task, {@link Cluster.Work}: the model's name, how to open it, the bank's folder. Back come a shard's checksums, eight bytes a
 * reference. Keys and values never travel: a worker writes its shard's files into the bank's folder, which all machines must see under
 * one path, as they must the model. The index is written by the driver alone, shard after shard.
 *
 * <p>The bytes are those of the job on one machine, if all compute with the same kernels; a worker that does not is refused.
 */
final class SparkCluster implements Cluster {
    private final JavaSparkContext spark;
    private final Work work;

    SparkCluster(JavaSparkContext spark, Work work) {
        this.spark = spark;
        this.work = work;
    }

    /** A finished shard. */
    private record Finished(int number, long[] checksums) implements Serializable {
        private static final long serialVersionUID = 1;
    }

    /** Scala's function, made to travel. */
    private interface OnWorker extends Function1<Iterator<ShardTask>, Finished>, Serializable {}

    @Override
    public void run(List<ShardTask> tasks, BiConsumer<ShardTask, long[]> done) {
        if (tasks.isEmpty()) {
            return;
        }
        Work own = work; // the closure must not hold this object, which cannot travel
        OnWorker encode = partition -> {
            ShardTask task = partition.next();
            return new Finished(task.number(), WorkerModel.encode(own, task));
        };
        JavaRDD<ShardTask> shards = spark.parallelize(tasks, tasks.size());
        Function2<Object, Finished, BoxedUnit> collect = (partition, finished) -> {
            done.accept(tasks.get((Integer) partition), finished.checksums());
            return BoxedUnit.UNIT;
        };
        try {
            ClassTag<Finished> type = ClassTag$.MODULE$.apply(Finished.class);
            spark.sc().runJob(shards.rdd(), encode, collect, type);
        } catch (Exception e) { // Scala's exceptions are not declared
            throw Sessions.explained(e);
        }
    }

    @Override
    public void close() {
        spark.close();
        WorkerModel.release();
    }
}
