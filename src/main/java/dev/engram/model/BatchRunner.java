package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.engine.Kernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Several sequences at once, padded on the left: greedy generation and scoring for evaluation. */
final class BatchRunner {
    private final Decoder decoder;
    private final Set<Integer> eos;
    private final int pad;

    BatchRunner(Decoder decoder, Set<Integer> eos, int pad) {
        this.decoder = decoder;
        this.eos = eos;
        this.pad = pad;
    }

    /** Greedy continuations of up to {@code newTokens} ids each; an end-of-sequence id ends a row and is its last. */
    List<int[]> greedy(List<int[]> prompts, int newTokens) {
        requireReadable(prompts);
        if (prompts.isEmpty()) {
            return List.of();
        }
        int rows = prompts.size();
        LeftPadded batch = LeftPadded.of(prompts, pad);
        List<List<Integer>> generated = new ArrayList<>();
        boolean[] done = new boolean[rows];
        for (int r = 0; r < rows; r++) {
            generated.add(new ArrayList<>());
        }
        int[][] ids = batch.ids();
        try (KvCache cache = decoder.newCache(rows, batch.padding())) {
            for (int t = 0; t < newTokens && !all(done); t++) {
                int[] next;
                try (NDManager scope = decoder.newScope()) {
                    NDArray hidden = decoder.forward(scope, ids, cache, Seams.none());
                    next = decoder.argmax(scope, decoder.logits(scope, hidden, 1));
                }
                ids = new int[rows][1];
                for (int r = 0; r < rows; r++) {
                    if (!done[r]) {
                        generated.get(r).add(next[r]);
                        done[r] = eos.contains(next[r]);
                    }
                    ids[r][0] = next[r];
                }
            }
        }
        return generated.stream()
                .map(g -> g.stream().mapToInt(Integer::intValue).toArray())
                .toList();
    }

    /** Log-probabilities of each continuation's tokens after its prompt. */
    List<double[]> score(List<int[]> prompts, List<int[]> continuations) {
        if (prompts.size() != continuations.size()) {
            throw new BadInputException(prompts.size() + " prompts were given with " + continuations.size()
                    + " continuations; give one for each.");
        }
        requireReadable(prompts);
        List<int[]> whole = new ArrayList<>();
        for (int r = 0; r < prompts.size(); r++) {
            whole.add(join(prompts.get(r), continuations.get(r)));
        }
        requireReadable(whole);
        if (continuations.stream().allMatch(c -> c.length == 0)) {
            return continuations.stream().map(c -> new double[0]).toList();
        }
        int longest = continuations.stream().mapToInt(c -> c.length).max().orElse(0);
        float[] all = logprobs(LeftPadded.of(whole, pad), longest);
        List<double[]> scores = new ArrayList<>();
        for (int r = 0; r < whole.size(); r++) {
            int n = continuations.get(r).length;
            double[] own = new double[n];
            for (int t = 0; t < n; t++) {
                own[t] = all[r * longest + longest - n + t];
            }
            scores.add(own);
        }
        return scores;
    }

    /** Log-probability of the last tokens, [rows × last]. Rows end together, so the head need not run at their prompts. */
    private float[] logprobs(LeftPadded batch, int last) {
        int[][] ids = batch.ids();
        int tokens = batch.width();
        int[][] targets = new int[ids.length][];
        for (int r = 0; r < ids.length; r++) {
            targets[r] = Arrays.copyOfRange(ids[r], tokens - last, tokens);
        }
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache(ids.length, batch.padding())) {
            NDArray hidden = decoder.forward(scope, ids, cache, Seams.none());
            NDArray logits = decoder.logits(scope, hidden, last + 1);
            NDArray before = logits.get(":, :-1");
            return decoder.logprobs(scope, before, Kernel.ids(scope, targets));
        }
    }

    private void requireReadable(List<int[]> rows) {
        for (int r = 0; r < rows.size(); r++) {
            int n = rows.get(r).length;
            if (n == 0) {
                throw new BadInputException("Prompt " + r + " of the batch is empty; give at least one token of text.");
            }
            if (n > decoder.config().contextLength()) {
                throw new BadInputException("Prompt " + r + " of the batch has " + n
                        + " tokens with its continuation, more than the model's context of "
                        + decoder.config().contextLength() + "; shorten it.");
            }
        }
    }

    private static int[] join(int[] a, int[] b) {
        int[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    private static boolean all(boolean[] flags) {
        for (boolean f : flags) {
            if (!f) {
                return false;
            }
        }
        return true;
    }
}
