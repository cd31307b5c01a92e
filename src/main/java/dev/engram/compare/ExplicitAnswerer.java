package dev.engram.compare;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.MemoryRows;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.retrieve.Hit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Memories in front of the question's own keys and values. The reading adapter was trained on answers that begin with the stem, so
 * answers begin with it here, but for those that are to begin with a thought.
 */
final class ExplicitAnswerer implements Answerer {
    private final CausalLm lm;
    private final ExplicitMemory sink;
    private final int first;
    private final Finder finder;
    private final Function<List<String>, List<ExplicitMemory>> memories;

    /**
     * A reader.
     *
     * @param first position of a question's first token
     * @param memories of texts; leaves the model ready to read
     */
    ExplicitAnswerer(
            CausalLm lm,
            ExplicitMemory sink,
            int first,
            Finder finder,
            Function<List<String>, List<ExplicitMemory>> memories) {
        this.lm = lm;
        this.sink = sink;
        this.first = first;
        this.finder = finder;
        this.memories = memories;
    }

    /** A probe with the memories that it reads. */
    private record Asked(Finder.Found found, int[] prompt) {
        List<String> texts() {
            return found.texts().stream().map(Hit::text).toList();
        }
    }

    private List<Asked> asked(List<Probe> probes, boolean stem) {
        List<Asked> asked = probes.stream()
                .map(p -> new Asked(
                        finder.find(p),
                        lm.tokenizer().encode(lm.prompt(p.messages()) + (stem || p.test() != Task.THINK ? STEM : ""))))
                .toList();
        memories.apply(asked.stream().flatMap(a -> a.texts().stream()).toList()); // written side by side
        return asked;
    }

    /** A cache that the memories lead. */
    private KvCache cache(Asked asked) {
        List<ExplicitMemory> read = memories.apply(asked.texts());
        KvCache cache = lm.decoder().newCache(read.isEmpty() ? 0 : first);
        try (MemoryRows rows =
                MemoryRows.of(lm.decoder().backend().manager(), lm.config().layers(), sink, read)) {
            if (!read.isEmpty()) {
                rows.lead(cache);
            }
        }
        return cache;
    }

    @Override
    public List<Reply> answer(List<Probe> probes, int newTokens) {
        List<Reply> replies = new ArrayList<>();
        for (Asked a : asked(probes, false)) {
            Generation said = null;
            if (newTokens > 0) {
                try (KvCache cache = cache(a)) {
                    said = lm.generate(
                            a.prompt,
                            cache,
                            GenerationConfig.greedy(newTokens),
                            Seams.none(),
                            null,
                            GenerationListener.SILENT);
                }
            }
            String text = said == null ? "" : said.text().strip();
            int tokens = said == null ? 0 : said.ids().size();
            replies.add(new Reply(text, a.found.declined(), a.prompt.length, tokens, new double[0]));
        }
        return replies;
    }

    @Override
    public List<Reply> score(List<Probe> probes, List<Reply> replies) {
        List<Asked> asked = asked(probes, true);
        List<Reply> scored = new ArrayList<>();
        for (int i = 0; i < probes.size(); i++) {
            Asked a = asked.get(i);
            double[] nll = Answerer.candidates(probes.get(i)).stream()
                    .mapToDouble(c -> nll(a, lm.tokenizer().encode(" " + c)))
                    .toArray();
            scored.add(replies.get(i).with(nll));
        }
        return scored;
    }

    private double nll(Asked asked, int[] target) {
        int[] ids = Stream.of(asked.prompt, target).flatMapToInt(Arrays::stream).toArray();
        try (KvCache cache = cache(asked);
                NDManager scope = lm.decoder().newScope()) {
            NDArray hidden = lm.decoder().forward(scope, new int[][] {ids}, cache, Seams.none());
            NDArray logits =
                    lm.decoder().logits(scope, hidden, target.length + 1).get(":, :-1"); // [1, target, vocab]
            NDArray targets =
                    scope.create(Arrays.stream(target).asLongStream().toArray()).reshape(1, target.length);
            float[] logprobs = lm.decoder().logprobs(scope, logits, targets);
            double sum = 0;
            for (float p : logprobs) {
                sum -= p;
            }
            return sum / target.length;
        }
    }
}
