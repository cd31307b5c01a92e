package dev.engram.explicit;

import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ServiceLoader;

/** Runs encoding jobs on several machines; whichever library does so is found on the class path. */
public interface Cluster extends ShardRunner, AutoCloseable {
    /**
     * What a worker needs to know beside its shard.
     *
     * @param model as {@code --model}; the worker must find the same weights under this name
     * @param bank the bank's folder; the worker must see it under this path
     * @param kernels number formats and kernels that the job computes with; another choice on a worker would give other last bits
     */
    record Work(String model, LoadOptions options, String bank, String kernels) implements Serializable {
        private static final long serialVersionUID = 1;
    }

    /** Makes a cluster. */
    interface Provider {
        /**
         * Connects.
         *
         * @param master address, in the library's own notation
         */
        Cluster connect(String master, Work work);
    }

    /** Connects by the provider on the class path; without one, a {@link BadInputException} says how to get it. */
    static Cluster connect(String master, Work work) {
        return ServiceLoader.load(Provider.class)
                .findFirst()
                .orElseThrow(
                        () -> new BadInputException(
                                "--spark is '" + master
                                        + "', but Apache Spark is not on the class path; start with ./engram explicit write, which fetches it."))
                .connect(master, work);
    }

    /** The folder as a worker is told it. */
    static String path(Path folder) {
        return folder.toAbsolutePath().normalize().toString();
    }

    @Override
    void close();
}
