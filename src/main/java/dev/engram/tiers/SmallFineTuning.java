package dev.engram.tiers;

import dev.engram.model.BadInputException;
import dev.engram.model.TrainableDecoder;
import dev.engram.train.Batches;
import dev.engram.train.Example;
import dev.engram.train.Schedule;
import dev.engram.train.SftTask;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainables;
import dev.engram.train.Trainer;
import dev.engram.world.PersonalFact;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The small fine-tuning of seed 003's continual-learning module: what a full {@link ContinualBuffer} hands over is learned by some
 * layers in a few updates, as questions and answers. Of a relation that was told twice only the newest value is learned.
 *
 * <p>Differs from the seed, which updates the whole model at once by a rate that it does not name.
 */
public final class SmallFineTuning implements Consumer<List<PersonalFact>> {
    private final TrainableDecoder decoder;
    private final Trainables layers;
    private final LayerProbes probes;
    private final int steps;
    private final int batch;
    private final double rate;
    private final long seed;
    private int rounds;

    /**
     * Nothing is learned yet; decoder and layers stay the caller's.
     *
     * @param steps updates for a buffer
     * @param batch examples of an update
     * @param rate peak learning rate, which falls to zero within each buffer
     * @param seed of the order
     */
    public SmallFineTuning(
            TrainableDecoder decoder,
            Trainables layers,
            LayerProbes probes,
            int steps,
            int batch,
            double rate,
            long seed) {
        if (steps < 1 || batch < 1 || !(rate > 0)) {
            throw new BadInputException("The fine-tuning has " + steps + " updates of " + batch + " examples at rate "
                    + rate + "; give at least 1 of each and a rate above 0.");
        }
        this.decoder = decoder;
        this.layers = layers;
        this.probes = probes;
        this.steps = steps;
        this.batch = batch;
        this.rate = rate;
        this.seed = seed;
    }

    @Override
    public void accept(List<PersonalFact> pieces) {
        Map<String, PersonalFact> newest = new LinkedHashMap<>();
        pieces.forEach(f -> newest.put(f.fact().relation(), f));
        List<Example> examples = newest.values().stream()
                .flatMap(f -> TargetFormat.QA.examples(probes.labels(), probes.tokenizer(), f).stream())
                .toList();
        Batches batches = Batches.padded(examples, batch, 256, probes.pad(), seed + rounds);
        TrainConfig config = TrainConfig.of(steps, rate)
                .withName("Buffer " + (rounds + 1))
                .withSchedule(Schedule.linear(Math.min(4, steps / 4)));
        new Trainer(layers, config).run(new SftTask(decoder, null, batches, 1));
        rounds++;
    }

    /** Buffers learned. */
    public int rounds() {
        return rounds;
    }
}
