package dev.engram.eval;

import dev.engram.model.CachePolicy;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;

/** Small policies to measure with. */
final class TestPolicies {
    private TestPolicies() {}

    /** Keeps everything, but asks for attention. */
    record KeepAll(int queries) implements CachePolicy {
        @Override
        public int[][] keep(Layer layer) {
            return null;
        }
    }

    /** Keeps the newest slots. */
    record Recent(int budget) implements CachePolicy {
        @Override
        public int queries() {
            return 0;
        }

        @Override
        public int[][] keep(Layer layer) {
            int n = layer.slots();
            return new int[][] {IntStream.range(Math.max(0, n - budget), n).toArray()};
        }
    }

    /** Keeps other random slots in every head and layer. */
    static final class RandomHeads implements CachePolicy {
        private final int budget;
        private final Random random = new Random(5);

        RandomHeads(int budget) {
            this.budget = budget;
        }

        @Override
        public int queries() {
            return 0;
        }

        @Override
        public int[][] keep(Layer layer) {
            int[][] kept = new int[2][];
            for (int h = 0; h < 2; h++) {
                int[] slots = IntStream.range(0, layer.slots()).toArray();
                for (int i = slots.length - 1; i > 0; i--) {
                    int j = random.nextInt(i + 1);
                    int swap = slots[i];
                    slots[i] = slots[j];
                    slots[j] = swap;
                }
                kept[h] = Arrays.copyOf(slots, Math.min(budget, slots.length));
                Arrays.sort(kept[h]);
            }
            return kept;
        }
    }

    /** Keeps the slots with most attention in the last pass, per head; its number of queries is given. */
    record Attended(int queries, int budget) implements CachePolicy {
        @Override
        public int[][] keep(Layer layer) {
            int[][] kept = new int[layer.received().length][];
            for (int h = 0; h < kept.length; h++) {
                float[] a = layer.received()[h];
                kept[h] = IntStream.range(0, a.length)
                        .boxed()
                        .sorted(Comparator.comparing(s -> -a[s]))
                        .limit(budget)
                        .mapToInt(s -> s)
                        .sorted()
                        .toArray();
            }
            return kept;
        }
    }

    /** Keeps the newest slots and renumbers the rest, so that positions say nothing about tokens. */
    record Renumbered(int budget) implements CachePolicy {
        @Override
        public int queries() {
            return 0;
        }

        @Override
        public int[][] keep(Layer layer) {
            return new Recent(budget).keep(layer);
        }

        @Override
        public void after(dev.engram.model.KvCache cache) {
            cache.rebase();
        }
    }
}
