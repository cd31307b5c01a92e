package dev.engram.dual.measure;

import dev.engram.dual.baselines.MemoryPool;
import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What fixed-size memories still answer after a stream, by how long ago it was said. Facts (a key, a value) come in chunks; each fact
 * is said again, with noise, as often as {@code copies} says, at once. A question is a new occurrence of the key; it is answered if what
 * is read is nearer to the fact's value than to any other's, so by chance 1 of all facts is right.
 *
 * @param facts in the stream
 * @param copies of each fact within its chunk
 * @param chunk tokens that come at a time, a multiple of copies
 * @param width h
 * @param noise of an occurrence, in standard deviations of the keys
 */
public record PoolRetention(int facts, int copies, int chunk, int width, double noise) {
    /**
     * The share of facts of an age that are answered.
     *
     * @param chunksAgo chunks that came after the fact's own
     */
    public record Row(String pool, int slots, long seed, int chunksAgo, double answered) {}

    public PoolRetention {
        if (facts < 1 || copies < 1 || chunk < 1 || width < 1 || chunk % copies != 0 || facts * copies % chunk != 0) {
            throw new BadInputException("The stream has " + facts + " facts of " + copies + " occurrences in chunks of "
                    + chunk + " tokens; the chunks must hold whole facts and the last one be full.");
        }
    }

    /** Feeds the stream into a pool and asks for every fact once, the oldest first. */
    public List<Row> run(MemoryPool pool, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] keys = new float[facts][];
        float[][] values = new float[facts][];
        for (int f = 0; f < facts; f++) {
            keys[f] = Vectors.normal(random, width);
            values[f] = Vectors.normal(random, width);
        }
        for (int at = 0; at < facts * copies; at += chunk) {
            float[][] chunkKeys = new float[chunk][];
            float[][] chunkValues = new float[chunk][];
            for (int i = 0; i < chunk; i++) {
                chunkKeys[i] = Vectors.near(random, keys[(at + i) / copies], noise);
                chunkValues[i] = values[(at + i) / copies];
            }
            pool.update(chunkKeys, chunkValues);
        }
        return ask(pool, seed, random, keys, values);
    }

    private List<Row> ask(MemoryPool pool, long seed, SplittableRandom random, float[][] keys, float[][] values) {
        int factsAChunk = chunk / copies;
        int chunks = facts / factsAChunk;
        List<Row> rows = new ArrayList<>();
        for (int c = 0; c < chunks; c++) {
            int right = 0;
            for (int f = c * factsAChunk; f < (c + 1) * factsAChunk; f++) {
                float[] read = pool.read(Vectors.near(random, keys[f], noise));
                right += Vectors.nearest(values, read) == f ? 1 : 0;
            }
            rows.add(new Row(pool.name(), pool.slots(), seed, chunks - 1 - c, right / (double) factsAChunk));
        }
        return rows;
    }
}
