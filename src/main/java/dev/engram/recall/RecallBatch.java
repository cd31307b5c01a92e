package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Decoder;
import dev.engram.model.EmbeddingSeam;
import dev.engram.model.KvCache;
import dev.engram.model.LeftPadded;
import dev.engram.model.Seams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Greedy answers to several prompts at once, each with its own state machine: the tests after every epoch ask hundreds of
 * questions. Row by row it gives what a single generation gives.
 */
final class RecallBatch {
    /**
     * A prompt.
     *
     * @param ids its tokens
     * @param state acts on it; null for plain generation
     * @param first a vector in place of the prompt's last token's embedding, or null
     */
    record Prompt(int[] ids, EmbeddingSeam state, float[] first) {}

    private final Decoder decoder;
    private final Set<Integer> stop;
    private final int pad;

    /**
     * A batch runner.
     *
     * @param stop ids that end a row; the row's last id
     * @param pad any id, for padding on the left
     */
    RecallBatch(Decoder decoder, Set<Integer> stop, int pad) {
        this.decoder = decoder;
        this.stop = stop;
        this.pad = pad;
    }

    /** Continuations of up to {@code newTokens} ids each, {@code width} prompts at a time. */
    List<int[]> run(List<Prompt> prompts, int newTokens, int width) {
        List<int[]> all = new ArrayList<>();
        for (int at = 0; at < prompts.size(); at += width) {
            all.addAll(run(prompts.subList(at, Math.min(prompts.size(), at + width)), newTokens));
        }
        return all;
    }

    private List<int[]> run(List<Prompt> prompts, int newTokens) {
        int rows = prompts.size();
        LeftPadded batch = LeftPadded.of(prompts.stream().map(Prompt::ids).toList(), pad);
        int[][] ids = batch.ids();
        float[][] vectors = prompts.stream().map(Prompt::first).toArray(float[][]::new);
        List<List<Integer>> generated = new ArrayList<>();
        for (int r = 0; r < rows; r++) {
            generated.add(new ArrayList<>());
        }
        boolean[] done = new boolean[rows];
        try (KvCache cache = decoder.newCache(rows, batch.padding())) {
            for (int t = 0; t < newTokens && !allDone(done); t++) {
                int[] next = step(prompts, ids, vectors, cache, done);
                ids = new int[rows][1];
                for (int r = 0; r < rows; r++) {
                    ids[r][0] = done[r] ? pad : next[r];
                    if (!done[r]) {
                        generated.get(r).add(next[r]);
                        done[r] = stop.contains(next[r]);
                    }
                    vectors[r] = prompts.get(r).state() == null
                            ? null
                            : prompts.get(r).state().embedding();
                }
            }
        }
        return generated.stream()
                .map(g -> g.stream().mapToInt(Integer::intValue).toArray())
                .toList();
    }

    /** Feeds one token a row (or the prompts) and chooses each row's next. */
    private int[] step(List<Prompt> prompts, int[][] ids, float[][] vectors, KvCache cache, boolean[] done) {
        int rows = ids.length;
        int[] next = new int[rows];
        try (NDManager scope = decoder.newScope()) {
            NDArray x = withVectors(scope, decoder.embed(scope, ids, cache), vectors);
            NDArray hidden = decoder.forward(scope, x, cache, Seams.none());
            NDArray logits = decoder.logits(scope, hidden, 1);
            int vocab = (int) logits.getShape().get(2);
            float[] all = logits.toFloatArray();
            float[] states = null;
            for (int r = 0; r < rows; r++) {
                EmbeddingSeam state = prompts.get(r).state();
                if (state != null) {
                    state.fed();
                }
                if (done[r]) {
                    continue;
                }
                int last = ids[r][ids[r].length - 1];
                if (state != null) {
                    if (states == null) {
                        states = decoder.normalised(scope, hidden.get(":, -1:")).toFloatArray();
                    }
                    int width = states.length / rows;
                    float[] query = Arrays.copyOfRange(states, r * width, (r + 1) * width);
                    next[r] = state.forced(last, () -> query);
                    if (next[r] != EmbeddingSeam.NOT_FORCED) {
                        continue;
                    }
                    state.adjust(all, r * vocab);
                }
                next[r] = argmax(all, r * vocab, vocab);
            }
        }
        return next;
    }

    /** Vectors in place of the last embedding of some rows; x [rows, tokens, hidden]. */
    private NDArray withVectors(NDManager scope, NDArray x, float[][] vectors) {
        if (Arrays.stream(vectors).allMatch(v -> v == null)) {
            return x;
        }
        Shape shape = x.getShape();
        int tokens = (int) shape.get(1);
        int width = (int) shape.get(2);
        float[] all = x.toFloatArray();
        for (int r = 0; r < vectors.length; r++) {
            if (vectors[r] != null) {
                System.arraycopy(vectors[r], 0, all, ((r + 1) * tokens - 1) * width, width);
            }
        }
        return scope.create(all, shape);
    }

    private static int argmax(float[] values, int from, int length) {
        int best = from;
        for (int i = from + 1; i < from + length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best - from;
    }

    private static boolean allDone(boolean[] done) {
        for (boolean d : done) {
            if (!d) {
                return false;
            }
        }
        return true;
    }
}
