package dev.engram.spark;

import dev.engram.explicit.Cluster;

/** Lets {@link Cluster#connect} find Spark. */
public final class SparkProvider implements Cluster.Provider {
    @Override
    public Cluster connect(String master, Cluster.Work work) {
        return new SparkCluster(Sessions.open(master, "engram explicit write"), work);
    }
}
