package dev.engram.dual.measure;

import dev.engram.dual.LongTermMemory;
import dev.engram.dual.Replacement;
import dev.engram.dual.Retrieved;
import dev.engram.model.BadInputException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Whether a store keeps what is asked for often. Each step writes one entry that nobody will ask for and asks for one of the hot items,
 * drawn by Zipf's law. A read adds the attention it paid (one slot: 1) to that slot's importance; the memory is not told whether it was
 * right. An answer is right if the slot found is the item's own.
 *
 * @param slots of the store
 * @param hot hot items, fewer than slots
 * @param exponent of Zipf's law
 * @param steps of a stream
 * @param width h of the random keys
 * @param importanceWeight λ
 */
public record HotItems(int slots, int hot, double exponent, int steps, int width, double importanceWeight) {

    /** What becomes of the hot items. */
    public enum Stream {
        /** Written once, before the stream. */
        ONCE,
        /** Written before the stream, and again when the answer was wrong: a cache. */
        AGAIN,
        /** Written once; at half time all of them are replaced by new ones, written once as well. Only those are scored. */
        DRIFT
    }

    /**
     * One run.
     *
     * @param answered share of right answers in the last quarter
     * @param kept share of the ten most asked items in the store at the end
     */
    public record Row(String policy, String stream, double importanceWeight, long seed, double answered, double kept) {}

    private static final int TOP = 10;

    public HotItems {
        if (hot < TOP || hot >= slots || steps < 8 || width < 1) {
            throw new BadInputException("The stream has " + hot + " hot items for " + slots + " slots, " + steps
                    + " steps and vectors of " + width + " numbers; give " + TOP
                    + " hot items or more, more slots than those, 8 steps or more and a width of 1 or more.");
        }
    }

    /** 256 slots, 64 hot items, s = 1, 2,000 steps, width 32, searched by the keys alone. */
    public static HotItems small() {
        return new HotItems(256, 64, 1, 2000, 32, 0);
    }

    public HotItems withImportanceWeight(double lambda) {
        return new HotItems(slots, hot, exponent, steps, width, lambda);
    }

    /** Runs one policy on one stream; the same seed gives all policies the same stream. */
    public Row run(String name, Replacement policy, Stream stream, long seed) {
        return new Run(policy, stream, seed).row(name);
    }

    private final class Run {
        private final Stream stream;
        private final long seed;
        private final SplittableRandom random;
        private final LongTermMemory memory;
        private final Zipf zipf = new Zipf(hot, exponent);
        private float[][] keys = new float[hot][];
        /** Where each hot item was written. */
        private final int[] place = new int[hot];
        /** The hot item that a slot holds. */
        private final Map<Integer, Integer> holder = new HashMap<>();

        Run(Replacement policy, Stream stream, long seed) {
            this.stream = stream;
            this.seed = seed;
            random = new SplittableRandom(seed);
            memory = new LongTermMemory(slots, width, policy, seed, importanceWeight);
        }

        Row row(String name) {
            newHotItems();
            int right = 0;
            int asked = 0;
            for (int step = 0; step < steps; step++) {
                if (stream == Stream.DRIFT && step == steps / 2) {
                    newHotItems();
                }
                put(Vectors.normal(random, width));
                boolean good = ask(zipf.draw(random));
                if (step >= steps - steps / 4) {
                    asked++;
                    right += good ? 1 : 0;
                }
            }
            int kept = 0;
            for (int i = 0; i < TOP; i++) {
                kept += holds(i) ? 1 : 0;
            }
            return new Row(
                    name,
                    stream.name().toLowerCase(Locale.ROOT),
                    importanceWeight,
                    seed,
                    right / (double) asked,
                    kept / (double) TOP);
        }

        private void newHotItems() {
            holder.clear();
            keys = new float[hot][];
            for (int i = 0; i < hot; i++) {
                keys[i] = Vectors.normal(random, width);
            }
            for (int i = hot - 1; i >= 0; i--) { // the most asked comes last, which favours nobody for long
                write(i);
            }
        }

        private void write(int item) {
            place[item] = put(keys[item]);
            holder.put(place[item], item);
        }

        private int put(float[] key) {
            int slot = memory.write(key, key, 1);
            holder.remove(slot);
            return slot;
        }

        private boolean holds(int item) {
            return holder.getOrDefault(place[item], -1) == item;
        }

        private boolean ask(int item) {
            Retrieved found = memory.retrieve(keys[item], 1);
            memory.reinforce(found.slots()[0], 1);
            boolean good = holds(item) && found.slots()[0] == place[item];
            if (!good && stream == Stream.AGAIN) {
                write(item);
            }
            return good;
        }
    }
}
