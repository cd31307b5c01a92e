package dev.engram.dual.measure;

import dev.engram.dual.IndexKind;
import dev.engram.dual.LongTermMemory;
import dev.engram.dual.ReplacementPolicy;
import dev.engram.dual.Retrieved;
import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * How long a search takes as a store grows, exactly and by the two indices, and what these miss. Rounds of the three are interleaved, and
 * the first ones are thrown away: a new Java process compiles the loops while it runs them, which makes the first hundred queries
 * several times slower.
 *
 * @param width h
 * @param k slots that a query asks for
 * @param queries of a round
 * @param rounds that count
 * @param keys how the stored keys are spread
 */
public record SearchTimes(int width, int k, int queries, int rounds, Keys keys) {
    private static final int WARM_UP = 3;

    /** How keys and queries are spread. */
    public enum Keys {
        /** Normal in all directions: nothing is near anything, the worst case of any index. */
        NORMAL,
        /** On 12 directions with a little noise: the form that the states of language models have, which vary along few directions. */
        FEW_DIRECTIONS
    }

    /**
     * One round.
     *
     * @param slots of each store
     * @param layers stores that each query searches
     * @param milliseconds a query takes in all stores, mean of the round
     * @param recall share of the exact best k that were found
     */
    public record Row(
            String keys, String search, int slots, int layers, int round, double milliseconds, double recall) {}

    public SearchTimes {
        if (width < 1 || k < 1 || queries < 1 || rounds < 1) {
            throw new BadInputException("The search test has width " + width + ", k " + k + ", " + queries
                    + " queries and " + rounds + " rounds; give at least 1 of each.");
        }
    }

    /** Measures one size. */
    public List<Row> run(int slots, long seed) {
        return run(new LongTermMemory[] {filled(slots, seed)}, seed);
    }

    /** A full store. */
    public LongTermMemory filled(int slots, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] directions = directions(random);
        LongTermMemory memory = new LongTermMemory(slots, width, ReplacementPolicy.FIFO, seed);
        for (int i = 0; i < slots; i++) {
            float[] key = draw(random, directions);
            memory.write(key, key, random.nextDouble(0.5, 2));
        }
        return memory;
    }

    /** Measures stores made by {@link #filled}, which each query searches one after the other, as a token searches all layers. */
    public List<Row> run(LongTermMemory[] layers, long seed) {
        float[][] directions = directions(new SplittableRandom(seed)); // the stores' own
        SplittableRandom random = new SplittableRandom(seed + 1);
        List<float[]> asked = new ArrayList<>();
        for (int q = 0; q < queries; q++) {
            asked.add(draw(random, directions));
        }
        return run(keys.name().toLowerCase(Locale.ROOT).replace('_', ' '), layers, asked);
    }

    /** The same with any stores and queries. Both indices are built anew. */
    public List<Row> run(String name, LongTermMemory[] layers, List<float[]> asked) {
        return run(
                name,
                layers,
                q -> Collections.nCopies(layers.length, asked.get(q)).toArray(float[][]::new));
    }

    /**
     * The same where every store is asked with a query of its own.
     *
     * @param asked the queries of a number, one a store
     */
    public List<Row> run(String name, LongTermMemory[] layers, IntFunction<float[][]> asked) {
        float[][][] all = IntStream.range(0, queries).mapToObj(asked).toArray(float[][][]::new);
        Map<String, Search> searches = new LinkedHashMap<>();
        searches.put("exact", (m, q) -> m.searchExactly(q, k));
        Map<String, Double> recall = new HashMap<>(Map.of("exact", 1.0));
        for (IndexKind kind : IndexKind.values()) {
            Arrays.stream(layers).forEach(m -> m.buildIndex(kind));
            String search = kind == IndexKind.GRAPH ? "index" : "projected"; // the name that older rows have
            searches.put(search, (m, q) -> m.searchBy(kind, q, k));
            recall.put(search, recall(layers, all, searches.get(search)));
        }
        List<Row> rows = new ArrayList<>();
        for (int round = -WARM_UP; round < rounds; round++) {
            for (String search : searches.keySet()) {
                double ms = time(layers, all, searches.get(search));
                if (round >= 0) {
                    rows.add(new Row(name, search, layers[0].slots(), layers.length, round, ms, recall.get(search)));
                }
            }
        }
        return rows;
    }

    private interface Search {
        Retrieved of(LongTermMemory store, float[] query);
    }

    private double recall(LongTermMemory[] layers, float[][][] asked, Search search) {
        long found = 0;
        long all = 0;
        for (float[][] queries : asked) {
            for (int i = 0; i < layers.length; i++) {
                Set<Integer> right = set(layers[i].searchExactly(queries[i], k).slots());
                all += right.size();
                found += Arrays.stream(search.of(layers[i], queries[i]).slots())
                        .filter(right::contains)
                        .count();
            }
        }
        return found / (double) all;
    }

    private static Set<Integer> set(int[] slots) {
        Set<Integer> set = new HashSet<>();
        Arrays.stream(slots).forEach(set::add);
        return set;
    }

    private static double time(LongTermMemory[] layers, float[][][] asked, Search search) {
        long start = System.nanoTime();
        for (float[][] queries : asked) {
            for (int i = 0; i < layers.length; i++) {
                search.of(layers[i], queries[i]);
            }
        }
        return (System.nanoTime() - start) / 1e6 / asked.length;
    }

    private float[][] directions(SplittableRandom random) {
        float[][] directions = new float[12][];
        for (int i = 0; i < directions.length; i++) {
            directions[i] = Vectors.normal(random, width);
        }
        return directions;
    }

    private float[] draw(SplittableRandom random, float[][] directions) {
        float[] v = Vectors.normal(random, width);
        if (keys == Keys.FEW_DIRECTIONS) {
            for (int i = 0; i < width; i++) {
                v[i] *= 0.1f;
            }
            for (float[] d : directions) {
                float length = (float) (random.nextGaussian() / Math.sqrt(directions.length));
                for (int i = 0; i < width; i++) {
                    v[i] += length * d[i];
                }
            }
        }
        return v;
    }

    /**
     * One kind of search at one size, over its rounds.
     *
     * @param milliseconds a query takes in all stores, median of the rounds
     * @param least of the rounds
     * @param most of the rounds
     */
    public record Summary(
            String keys,
            String search,
            int slots,
            int layers,
            double milliseconds,
            double least,
            double most,
            double recall) {}

    /** One line per keys, search and size, in the order of the rows. */
    public static List<Summary> summary(List<Row> rows) {
        Map<List<Object>, List<Row>> groups = new LinkedHashMap<>();
        for (Row r : rows) {
            groups.computeIfAbsent(List.of(r.keys, r.search, r.slots, r.layers), x -> new ArrayList<>())
                    .add(r);
        }
        return groups.values().stream()
                .map(g -> {
                    double[] ms =
                            g.stream().mapToDouble(Row::milliseconds).sorted().toArray();
                    double median = (ms[(ms.length - 1) / 2] + ms[ms.length / 2]) / 2;
                    Row r = g.get(0);
                    return new Summary(r.keys, r.search, r.slots, r.layers, median, ms[0], ms[ms.length - 1], r.recall);
                })
                .toList();
    }

    /** The slope of log(time) over log(slots) by least squares: 1 grows as the slots do, 0 not at all. */
    public static double slope(double[] slots, double[] milliseconds) {
        double[] x = Arrays.stream(slots).map(Math::log).toArray();
        double[] y = Arrays.stream(milliseconds).map(Math::log).toArray();
        double mx = Arrays.stream(x).average().orElseThrow();
        double my = Arrays.stream(y).average().orElseThrow();
        double up = 0;
        double down = 0;
        for (int i = 0; i < x.length; i++) {
            up += (x[i] - mx) * (y[i] - my);
            down += (x[i] - mx) * (x[i] - mx);
        }
        return up / down;
    }
}
