package dev.engram.compare;

import dev.engram.model.Adapter;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.ModelSource;
import dev.engram.train.BaseSamples;
import dev.engram.train.Batches;
import dev.engram.train.Example;
import dev.engram.train.FullTraining;
import dev.engram.train.History;
import dev.engram.train.LastLayers;
import dev.engram.train.Lora;
import dev.engram.train.LoraConfig;
import dev.engram.train.Rehearsal;
import dev.engram.train.Replay;
import dev.engram.train.Schedule;
import dev.engram.train.SftTask;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainables;
import dev.engram.train.Trainer;
import java.util.List;
import java.util.function.Supplier;

/**
 * Weights that learn sentences, once or several times in a row, and answer after each time. All kinds take the same number of updates of
 * the same number of examples.
 */
final class Weights implements AutoCloseable {
    /** Which weights learn. */
    enum Kind {
        /** All, embedding and head included. Nothing is rehearsed: the head that would give the base's predictions learns too. */
        FULL(1e-4),
        /** The last four layers and the final norm, with rehearsal. */
        LAST(5e-4),
        /** Adapters of rank 16 on all linears, with rehearsal. */
        LORA(1e-3);

        static final int LAYERS = 4;
        private static final int RANK = 16;
        private final double rate;

        Kind(double rate) {
            this.rate = rate;
        }
    }

    private static final int BATCH = 6;
    private static final int LONGEST = 256;

    private final Kind kind;
    private final CausalLm base;
    private final LoadOptions load;
    private final long seed;
    private final TrainableDecoder decoder;
    private final Trainables trainables;
    private final int pad;
    private final Replay replay;
    private CausalLm merged;
    private long tokens;

    /**
     * Weights of a model that has learned nothing yet.
     *
     * @param base answers beside an adapter; stays the caller's
     * @param load how changed weights are opened to answer
     */
    Weights(Kind kind, CausalLm base, LoadOptions load, long seed) {
        this.kind = kind;
        this.base = base;
        this.load = load;
        this.seed = seed;
        String model = base.origin().toString();
        this.decoder = TrainableDecoder.open(model, kind == Kind.LORA ? DType.AUTO : DType.F32);
        this.trainables = switch (kind) {
            case FULL -> new FullTraining(decoder);
            case LAST ->
                new LastLayers(decoder, Math.min(Kind.LAYERS, decoder.config().layers()));
            case LORA -> Lora.create(decoder, LoraConfig.of(Kind.RANK), seed);
        };
        this.pad = base.defaults().pad().orElse(0);
        Rehearsal r = Rehearsal.defaults();
        base.decoder().adapt(null);
        this.replay = kind == Kind.FULL
                ? null
                : new Replay(decoder, BaseSamples.text(base, r.samples(), r.tokens(), seed), r.rows(), pad, seed);
    }

    /** Learns examples for so many updates; a second call goes on from there. */
    History learn(String name, List<Example> examples, int updates) {
        Supplier<Adapter> adapter = trainables instanceof Lora lora ? lora::adapter : () -> null;
        Batches batches = Batches.padded(examples, BATCH, LONGEST, pad, seed);
        SftTask task = new SftTask(decoder, adapter, batches, 1);
        if (replay != null) {
            task = task.withReplay(replay, Rehearsal.defaults().weight());
        }
        TrainConfig config = TrainConfig.of(updates, kind.rate)
                .withName(name)
                .withSchedule(Schedule.linear(Math.min(8, updates / 4)));
        History history = new Trainer(trainables, config).run(task);
        for (int step = 0; step < updates; step++) {
            tokens += task.tokens(step, 0);
        }
        return history;
    }

    /** The model with what was learned. It answers until this learns more or is closed. */
    CausalLm lm() {
        if (trainables instanceof Lora lora) {
            base.decoder().adapt(lora.adapter());
            return base;
        }
        closeMerged();
        try (Checkpoint checkpoint = ModelSource.open(base.origin().toString())) {
            merged = CausalLm.open(((FullTraining) trainables).merged(checkpoint), load);
        }
        return merged;
    }

    /** Numbers that learn. */
    long parameters() {
        return trainables.size();
    }

    /** Tokens trained on so far, rehearsed ones included. */
    long tokens() {
        return tokens;
    }

    /** Operations of all training so far, in 10⁹. */
    double gflop() {
        Flops flops = new Flops(decoder.config());
        double last = Kind.LAYERS / (double) decoder.config().layers();
        double each = switch (kind) {
            case FULL -> flops.trained(1, 1);
            case LAST -> flops.trained(last, last);
            case LORA -> flops.trained(1, 0);
        };
        return each * tokens;
    }

    private void closeMerged() {
        if (merged != null) {
            merged.close();
            merged = null;
        }
    }

    @Override
    public void close() {
        base.decoder().adapt(null);
        closeMerged();
        trainables.close();
        decoder.close();
    }
}
