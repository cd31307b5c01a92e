package dev.engram.spark;

import dev.engram.explicit.Cluster;
import dev.engram.explicit.ReferenceBank;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.ShardTask;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import java.nio.file.Path;

/** The model of a worker process: opened by its first task and shared by all of them, those side by side too. */
final class WorkerModel {
    private static Cluster.Work opened;
    private static CausalLm model;

    private WorkerModel() {}

    /** Encodes a shard and writes its files; returns the checksums. */
    static long[] encode(Cluster.Work work, ShardTask task) {
        Path folder = Path.of(work.bank());
        if (!ReferenceBank.present(folder)) {
            throw new BadInputException("A worker does not see the bank in " + folder
                    + "; put it into a folder that all machines share under the same path.");
        }
        CausalLm lm = open(work);
        // the bank compares the weights: a worker with other ones is refused
        try (ReferenceBank bank = ReferenceBank.open(folder, new ReferenceWriter(lm, ReferenceBank.config(folder)))) {
            return bank.encode(task);
        }
    }

    private static synchronized CausalLm open(Cluster.Work work) {
        if (work.equals(opened)) {
            return model;
        }
        release();
        CausalLm lm = CausalLm.open(work.model(), work.options());
        if (!lm.format().equals(work.kernels())) {
            String found = lm.format();
            lm.close();
            throw new BadInputException(
                    "A worker computes with " + found + ", but the job with " + work.kernels()
                            + ", which gives other last bits; set ENGRAM_KERNEL=plain, give --dtype f32, or take machines of one kind.");
        }
        model = lm;
        opened = work;
        return model;
    }

    /** Closes it; the next task opens it again. */
    static synchronized void release() {
        if (model != null) {
            model.close();
        }
        model = null;
        opened = null;
    }
}
