package dev.engram.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.explicit.Cluster;
import dev.engram.explicit.Reference;
import dev.engram.explicit.ReferenceBank;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.ShardRunner;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import dev.engram.world.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.package$;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.BooleanColumn;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.LongColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Passages of Halcyon, encoded by the default model in this process and on Spark: the same files. Rows go to the results folder that
 * {@code -Dengram.results} names.
 */
@Tag("default-model")
class SparkHalcyonTest {
    private static final int PASSAGES = 128;
    private static final String MASTER = "local[2]";

    @TempDir
    Path folder;

    @Test
    void theSameBytes() throws IOException {
        LoadOptions options = LoadOptions.defaults().withThreads(1);
        List<Reference> references = World.load(Path.of("data/halcyon")).passages().stream()
                .limit(PASSAGES)
                .map(p -> new Reference(p.id(), p.text()))
                .toList();
        Path here = folder.resolve("here");
        Path there = folder.resolve("there");
        double[] seconds = new double[2];
        String kernels;
        try (CausalLm lm = CausalLm.open("default", options)) {
            kernels = lm.format();
            ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.defaults());
            seconds[0] = write(here, writer, references, null);
            Cluster.Work work = new Cluster.Work("default", options, Cluster.path(there), kernels);
            try (Cluster cluster = Cluster.connect(MASTER, work)) {
                seconds[1] = write(there, writer, references, cluster);
            }
        }
        report(references.size(), kernels, seconds, files(here), files(there));
        assertEquals(files(here), files(there));
    }

    private static double write(Path bank, ReferenceWriter writer, List<Reference> references, ShardRunner runner) {
        long start = System.nanoTime();
        try (ReferenceBank own = ReferenceBank.open(bank, writer)) {
            if (runner == null) {
                own.write(references);
            } else {
                own.write(references, runner);
            }
            assertEquals(references.size(), own.size());
        }
        return (System.nanoTime() - start) / 1e9;
    }

    /** SHA-256 by file name. */
    private static TreeMap<String, String> files(Path bank) throws IOException {
        TreeMap<String, String> all = new TreeMap<>();
        try (Stream<Path> list = Files.list(bank)) {
            for (Path file : list.toList()) {
                byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
                all.put(file.getFileName().toString(), HexFormat.of().formatHex(sum));
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        return all;
    }

    private static void report(
            int count, String kernels, double[] seconds, TreeMap<String, String> here, TreeMap<String, String> there) {
        StringColumn names = StringColumn.create("file");
        StringColumn sums = StringColumn.create("sha256");
        BooleanColumn same = BooleanColumn.create("same_on_spark");
        here.forEach((name, sum) -> {
            names.append(name);
            sums.append(sum);
            same.append(sum.equals(there.get(name)));
        });
        Path results = Path.of(System.getProperty("engram.results", "target/results"));
        try (RunFolder run = RunFolder.open(results, "spark-encoding", Profile.of("quick"), 0)) {
            run.setting("references", count)
                    .setting("spark", package$.MODULE$.SPARK_VERSION())
                    .setting("master", MASTER)
                    .setting("threads of a task", 1)
                    .setting("kernels", kernels);
            run.rows(Table.create("rows", names, sums, same));
            run.summary(Table.create(
                    "summary",
                    StringColumn.create("job", "one process", "spark"),
                    LongColumn.create("references", count, count),
                    DoubleColumn.create("seconds", seconds)));
            run.commit();
        }
        assertTrue(same.size() > 2, "shards were written");
    }
}
