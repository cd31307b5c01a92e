package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The loop of generation: read the prompt in chunks, then choose and feed one token at a time. */
final class Generator {
    private final Decoder decoder;
    private final Tokenizer tokenizer;
    private final Set<Integer> eos;

    Generator(Decoder decoder, Tokenizer tokenizer, Set<Integer> eos) {
        this.decoder = decoder;
        this.tokenizer = tokenizer;
        this.eos = eos;
    }

    /** Generates with tokens alone. */
    Generation run(
            int[] prompt,
            KvCache cache,
            GenerationConfig config,
            Seams seams,
            CachePolicy policy,
            GenerationListener listener) {
        return run(prompt, cache, config, seams, policy, null, listener);
    }

    /**
     * Generates after {@code prompt}. The cache may hold earlier text and keeps all that was fed.
     *
     * @param policy who is forgotten; null for nobody
     * @param seams plug-ins that act on every pass
     * @param input acts on what is fed; null for nothing, which is exactly plain generation
     */
    Generation run(
            int[] prompt,
            KvCache cache,
            GenerationConfig config,
            Seams seams,
            CachePolicy policy,
            EmbeddingSeam input,
            GenerationListener listener) {
        Sampler sampler = new Sampler(config);
        sampler.prompt(prompt);
        List<String> stop = config.forceExactLength() ? List.of() : config.stop();
        TextStream text = new TextStream(tokenizer, stop, listener);
        List<Integer> ids = new ArrayList<>();
        Generation.Finish finish = Generation.Finish.LENGTH;
        PolicyRunner forgetting = new PolicyRunner(policy, cache);
        Seams plugins = forgetting.listen(seams);
        long start = System.nanoTime();
        int next = prefill(prompt, cache, config, plugins, forgetting, input, sampler);
        long first = System.nanoTime();
        while (true) {
            ids.add(next);
            listener.token(next);
            if (!config.forceExactLength() && eos.contains(next)) {
                finish = Generation.Finish.EOS;
                break;
            }
            if (text.push(next)) {
                finish = Generation.Finish.STOP;
                break;
            }
            if (ids.size() == config.maxNewTokens()) {
                break;
            }
            if (listener.cancelled() || Thread.currentThread().isInterrupted()) {
                finish = Generation.Finish.CANCELLED;
                break;
            }
            next = step(new int[] {next}, cache, plugins, forgetting, input, sampler);
        }
        long end = System.nanoTime();
        return new Generation(
                text.finish(),
                tokenizer.decode(prompt, false),
                prompt.length,
                List.copyOf(ids),
                finish,
                (first - start) / 1e9,
                (end - first) / 1e9);
    }

    private int prefill(
            int[] prompt,
            KvCache cache,
            GenerationConfig config,
            Seams seams,
            PolicyRunner forgetting,
            EmbeddingSeam input,
            Sampler sampler) {
        int at = 0;
        while (prompt.length - at > config.prefillChunk()) {
            int[] chunk = Arrays.copyOfRange(prompt, at, at + config.prefillChunk());
            forgetting.before(chunk.length);
            try (NDManager scope = decoder.newScope()) {
                decoder.forward(scope, new int[][] {chunk}, cache, seams);
            }
            forgetting.apply(chunk.length);
            at += chunk.length;
        }
        return step(Arrays.copyOfRange(prompt, at, prompt.length), cache, seams, forgetting, input, sampler);
    }

    /** Feeds tokens and chooses the next one. */
    private int step(
            int[] ids, KvCache cache, Seams seams, PolicyRunner forgetting, EmbeddingSeam input, Sampler sampler) {
        forgetting.before(ids.length);
        try (NDManager scope = decoder.newScope()) {
            NDArray hidden = decoder.forward(scope, embedded(scope, ids, cache, input), cache, seams);
            NDArray logits = decoder.logits(scope, hidden, 1);
            forgetting.apply(ids.length);
            if (input != null) {
                return choose(scope, ids[ids.length - 1], hidden, logits.toFloatArray(), input, sampler);
            }
            if (sampler.plainGreedy()) {
                return decoder.argmax(scope, logits)[0];
            }
            return sampler.choose(logits.toFloatArray());
        }
    }

    /** Embeddings [1, tokens, hidden], the last one a vector where one is given. */
    private NDArray embedded(NDManager scope, int[] ids, KvCache cache, EmbeddingSeam input) {
        NDArray x = decoder.embed(scope, new int[][] {ids}, cache);
        float[] vector = input == null ? null : input.embedding();
        return vector == null ? x : decoder.inject(scope, x, Map.of(ids.length - 1, scope.create(vector)));
    }

    /** The next id: what the seam forces, else a choice among what it does not ban. */
    private int choose(
            NDManager scope, int last, NDArray hidden, float[] logits, EmbeddingSeam input, Sampler sampler) {
        input.fed();
        int forced = input.forced(
                last, () -> decoder.normalised(scope, hidden.get(":, -1:")).toFloatArray());
        if (forced != EmbeddingSeam.NOT_FORCED) {
            sampler.accept(forced);
            return forced;
        }
        input.adjust(logits, 0);
        return sampler.choose(logits);
    }
}
