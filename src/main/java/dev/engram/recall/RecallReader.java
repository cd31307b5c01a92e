package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Answers of a recall model to several prompts at once, and how likely it finds an answer after what it recalled. Greedy in tokens. */
public final class RecallReader {
    private static final int WIDTH = 16;

    private final CausalLm lm;
    private final RecallModel model;

    /**
     * A reply.
     *
     * @param prompt ids that were fed, with {@code <recall>} and its pad where a vector was given
     * @param ids generated
     * @param vectors injected at the pads of both, in their order, each [hidden]
     * @param recalls places in the bank of what was chosen, {@link Choice#NONE} for nothing; empty where a vector was given
     */
    public record Said(int[] prompt, int[] ids, List<float[]> vectors, List<Integer> recalls) {
        /** Whether no memory was used. */
        public boolean declined() {
            return recalls.stream().allMatch(at -> at == Choice.NONE);
        }
    }

    /** Everything stays the caller's. */
    public RecallReader(CausalLm lm, RecallModel model) {
        this.lm = lm;
        this.model = model;
    }

    /** The model decides whether and what to recall. */
    public List<Said> answers(List<int[]> prompts, int newTokens) {
        List<RecallState> states = new ArrayList<>();
        List<RecallBatch.Prompt> batch = new ArrayList<>();
        for (int[] prompt : prompts) {
            RecallState state = model.newState();
            states.add(state);
            batch.add(new RecallBatch.Prompt(prompt, state, null));
        }
        List<int[]> said = run(batch, newTokens);
        List<Said> all = new ArrayList<>();
        for (int i = 0; i < said.size(); i++) {
            List<Integer> chosen =
                    states.get(i).recalls().stream().map(r -> r.choice().at()).toList();
            List<float[]> vectors = new ArrayList<>();
            for (int at : chosen) {
                float[] unit = at == Choice.NONE
                        ? model.head().nothing()
                        : model.head().bank().vector(at);
                if (unit != null) {
                    vectors.add(scaled(unit));
                }
            }
            all.add(new Said(prompts.get(i), said.get(i), vectors, chosen));
        }
        return all;
    }

    /** {@code <recall>} and a given unit vector are put after each prompt. */
    public List<Said> given(List<int[]> prompts, List<float[]> units, int newTokens) {
        List<RecallBatch.Prompt> batch = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            int[] ids = Arrays.copyOf(prompts.get(i), prompts.get(i).length + 2);
            ids[ids.length - 2] = model.tokens().recall();
            ids[ids.length - 1] = model.tokens().pad();
            batch.add(new RecallBatch.Prompt(ids, null, scaled(units.get(i))));
        }
        List<int[]> said = run(batch, newTokens);
        return IntStream.range(0, said.size())
                .mapToObj(i -> new Said(
                        batch.get(i).ids(), said.get(i), List.of(batch.get(i).first()), List.of()))
                .toList();
    }

    private List<int[]> run(List<RecallBatch.Prompt> batch, int newTokens) {
        return new RecallBatch(lm.decoder(), new HashSet<>(lm.defaults().eos()), 0).run(batch, newTokens, WIDTH);
    }

    private float[] scaled(float[] unit) {
        float[] v = unit.clone();
        for (int i = 0; i < v.length; i++) {
            v[i] = (float) (v[i] * model.settings().injectionScale());
        }
        return v;
    }

    /** What was said after the last {@code </recall>}, or everything, without special tokens. */
    public String answer(Said said) {
        int[] ids = said.ids();
        return lm.tokenizer()
                .decode(Arrays.copyOfRange(ids, afterRecall(ids), ids.length), true)
                .strip();
    }

    private int afterRecall(int[] ids) {
        for (int i = ids.length - 1; i >= 0; i--) {
            if (ids[i] == model.tokens().end()) {
                return i + 1;
            }
        }
        return 0;
    }

    /** Mean loss of a continuation's tokens, in nats, after the prompt, what was recalled, and the beginning of an answer. */
    public double nll(Said said, String begin, String continuation) {
        int[] recalled = Arrays.copyOf(said.ids(), afterRecall(said.ids()));
        int[] target = lm.tokenizer().encode(continuation);
        int[] ids = join(said.prompt(), recalled, lm.tokenizer().encode(begin), target);
        Decoder decoder = lm.decoder();
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache()) {
            Map<Integer, NDArray> vectors = new HashMap<>();
            for (int i = 0; i < ids.length; i++) {
                if (ids[i] == model.tokens().pad()
                        && vectors.size() < said.vectors().size()) {
                    vectors.put(i, scope.create(said.vectors().get(vectors.size())));
                }
            }
            NDArray x = decoder.embed(scope, new int[][] {ids}, cache);
            NDArray hidden = decoder.forward(scope, decoder.inject(scope, x, vectors), cache, Seams.none());
            NDArray logits = decoder.logits(scope, hidden, target.length + 1).get(":, :-1"); // [1, target, vocab]
            long[] targets = Arrays.stream(target).asLongStream().toArray();
            float[] logprobs =
                    decoder.logprobs(scope, logits, scope.create(targets).reshape(1, target.length));
            return IntStream.range(0, target.length)
                    .mapToDouble(i -> -logprobs[i])
                    .average()
                    .orElseThrow();
        }
    }

    private static int[] join(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }
}
