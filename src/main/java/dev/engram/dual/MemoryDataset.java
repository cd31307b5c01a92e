package dev.engram.dual;

import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Texts for training with experience replay (the seed's {@code MemoryDataset(data, memory_sample_ratio)}): a share of every batch is
 * drawn from texts that earlier batches showed. The number of rows stays the same, so that arms with and without replay make equal
 * updates.
 *
 * <p>Which rows a batch has is a function of the seed and the step alone. New texts come in their order, again from the front when
 * they are used up.
 */
public final class MemoryDataset {
    private final List<Sample> data;
    private final double memorySampleRatio;
    private final long seed;

    /**
     * A dataset over texts.
     *
     * @param memorySampleRatio share of a batch that is replayed, from 0 to below 1; the seed's value is 0.2
     */
    public MemoryDataset(List<Sample> data, double memorySampleRatio, long seed) {
        if (data.isEmpty()) {
            throw new BadInputException("The dataset has no texts; give one or more.");
        }
        if (!(memorySampleRatio >= 0 && memorySampleRatio < 1)) {
            throw new BadInputException("memory_sample_ratio is " + memorySampleRatio
                    + "; give a share from 0 (no replay) to below 1, such as 0.2.");
        }
        requireOneForm(data);
        this.data = List.copyOf(data);
        this.memorySampleRatio = memorySampleRatio;
        this.seed = seed;
    }

    private static void requireOneForm(List<Sample> data) {
        int[][] form = data.get(0).segments();
        for (Sample sample : data) {
            boolean same = sample.segments().length == form.length;
            for (int s = 0; same && s < form.length; s++) {
                same = sample.segments()[s].length == form[s].length;
            }
            if (!same) {
                throw new BadInputException("The texts of a dataset differ in the number or length of their segments;"
                        + " cut all to one form.");
            }
        }
    }

    public int size() {
        return data.size();
    }

    public double memorySampleRatio() {
        return memorySampleRatio;
    }

    /** Updates of one pass over the texts, as the seed's loader counts them: the last batch may be a smaller one. */
    public int stepsPerEpoch(int batchSize) {
        return (data.size() + batchSize - 1) / batchSize;
    }

    /** The texts of a batch: new ones, then replayed ones; the first batch has nothing to replay. */
    public List<Sample> batch(int step, int batchSize) {
        int replayed = step == 0 ? 0 : (int) Math.round(memorySampleRatio * batchSize);
        int perStep = batchSize - (int) Math.round(memorySampleRatio * batchSize);
        // the first batch is all new
        long shown = step == 0 ? 0 : batchSize + (long) (step - 1) * perStep;
        List<Sample> batch = new ArrayList<>();
        for (int i = 0; i < batchSize - replayed; i++) {
            batch.add(data.get((int) ((shown + i) % data.size())));
        }
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + step);
        for (int i = 0; i < replayed; i++) {
            batch.add(data.get((int) (random.nextLong(shown) % data.size())));
        }
        return batch;
    }

    String fingerprint() {
        int hash = 1;
        for (Sample s : data) {
            hash = 31 * hash + java.util.Arrays.deepHashCode(s.segments());
        }
        return data.size() + " texts " + Integer.toHexString(hash) + ", replay " + memorySampleRatio + ", seed " + seed;
    }
}
