package dev.engram.cli.bench;

import java.util.List;

/** The training peer in its own process; environment/peers/bench_train.py. */
final class PeerTrainer implements TrainEntrant {
    private final PeerContestant peer;

    PeerTrainer(PeerContestant peer) {
        this.peer = peer;
    }

    @Override
    public String who() {
        return peer.who();
    }

    @Override
    public String dtype() {
        return peer.dtype();
    }

    @Override
    public String setting() {
        return peer.setting();
    }

    @Override
    public Run run(List<int[][]> batches, double rate) {
        return peer.train(batches, rate);
    }

    @Override
    public void close() {
        peer.close();
    }
}
