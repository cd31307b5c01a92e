package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Decoder;
import dev.engram.model.GenerationConfig;
import dev.engram.model.KvCache;
import dev.engram.model.Sampler;
import dev.engram.model.Seams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Texts that the base model itself continues: what it must go on saying while it learns. */
final class BaseSamples {
    private static final int WIDTH = 16;
    private static final int TOP_K = 50;

    private BaseSamples() {}

    /**
     * One sample per prompt, prompt included, drawn at temperature 1 among the 50 likeliest.
     *
     * @param decoder the base, without adapters
     * @param tokens generated for each
     */
    static List<int[]> draw(Decoder decoder, List<int[]> prompts, int tokens, int eos, long seed) {
        List<int[]> all = new ArrayList<>();
        for (int at = 0; at < prompts.size(); at += WIDTH) {
            List<int[]> part = prompts.subList(at, Math.min(prompts.size(), at + WIDTH));
            all.addAll(batch(decoder, part, tokens, eos, seed + at));
        }
        return all;
    }

    private static List<int[]> batch(Decoder decoder, List<int[]> prompts, int tokens, int eos, long seed) {
        int rows = prompts.size();
        int longest = prompts.stream().mapToInt(p -> p.length).max().orElse(0);
        int[] padding = prompts.stream().mapToInt(p -> longest - p.length).toArray();
        int[][] ids = new int[rows][longest];
        int[][] texts = new int[rows][];
        Sampler[] samplers = new Sampler[rows];
        for (int r = 0; r < rows; r++) {
            texts[r] = prompts.get(r);
            System.arraycopy(texts[r], 0, ids[r], padding[r], texts[r].length);
            GenerationConfig config =
                    GenerationConfig.greedy(tokens).withTemperature(1).withTopK(TOP_K);
            samplers[r] = new Sampler(config.withSeed(seed * rows + r));
        }
        boolean[] done = new boolean[rows];
        try (KvCache cache = decoder.newCache(rows, padding)) {
            for (int t = 0; t < tokens; t++) {
                try (NDManager scope = decoder.newScope()) {
                    NDArray logits = decoder.logits(scope, decoder.forward(scope, ids, cache, Seams.none()), 1);
                    int vocab = (int) logits.getShape().get(2);
                    float[] all = logits.toFloatArray();
                    ids = new int[rows][1];
                    for (int r = 0; r < rows; r++) {
                        ids[r][0] = samplers[r].choose(Arrays.copyOfRange(all, r * vocab, (r + 1) * vocab));
                        if (!done[r]) {
                            texts[r] = Arrays.copyOf(texts[r], texts[r].length + 1);
                            texts[r][texts[r].length - 1] = ids[r][0];
                            done[r] = ids[r][0] == eos;
                        }
                    }
                }
            }
        }
        return List.of(texts);
    }
}
