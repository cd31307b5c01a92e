package dev.engram.explicit;

import dev.engram.explicit.compress.QuantizedCodec;
import dev.engram.explicit.compress.ScalarCodec;
import dev.engram.explicit.compress.Scheme;
import dev.engram.model.CausalLm;
import dev.engram.retrieve.Embedders;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.ExactStore;
import dev.engram.retrieve.Hit;
import dev.engram.retrieve.RetrievalStrategy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What storage and search do to reading: memories out of a codec instead of as they were written, and the references that a search
 * finds instead of the one that tells the answer. Memories are of the last half of the layers.
 */
final class StoredArms {
    /** References that are given as text and as whole memories. */
    private static final List<Integer> RETRIEVED = List.of(1, 3, 5, 7);
    /** References that are given as memories of every number of tokens: the paper's five. */
    private static final int FIVE = 5;

    private static final List<Integer> TOKENS = List.of(8, 32, WriteConfig.ALL_TOKENS);
    /** Memories that codecs are trained on. */
    private static final int SAMPLE = 64;
    /** Vectors that a quantiser learns from. */
    private static final int VECTORS = 8192;

    private final CausalLm lm;
    private final ReadingExperiment experiment;
    private final ReadingTest test;
    private final ReadingItem.Kind kind;
    private final Map<String, ReadingTest.Given> arms = new LinkedHashMap<>();

    StoredArms(CausalLm lm, ReadingExperiment experiment, ReadingTest test, ReadingItem.Kind kind) {
        this.lm = lm;
        this.experiment = experiment;
        this.test = test;
        this.kind = kind;
    }

    /** The arms, in the order of the table. */
    Map<String, ReadingTest.Given> of(List<ReadingItem> asked) {
        arms.put("nothing", test.nothing());
        arms.put("text", test.text(i -> List.of(i.reference())));
        compressed(asked);
        arms.putAll(new EqualBytes(lm, test, others(), asked).arms());
        retrieved(asked);
        return arms;
    }

    private List<List<ExplicitMemory>> written(List<String> texts) {
        return new ReferenceWriter(lm, WriteConfig.defaults()).write(texts, TOKENS);
    }

    private static String name(int tokens) {
        return ReadingExperiment.name(LayerChoice.LAST_HALF, tokens);
    }

    /** Codecs are trained on references of other entities, those of the training split. */
    private List<String> others() {
        return ReadingItem.of(experiment.world(), "train", kind, SAMPLE, experiment.seed()).stream()
                .map(ReadingItem::reference)
                .distinct()
                .toList();
    }

    private void compressed(List<ReadingItem> asked) {
        List<String> others = others();
        List<String> own = asked.stream().map(ReadingItem::reference).distinct().toList();
        List<List<ExplicitMemory>> sample = written(others);
        List<List<ExplicitMemory>> gold = written(own);
        Map<String, Integer> place = places(own);
        List<MemoryCodec> codecs = codecs(sample.get(TOKENS.indexOf(WriteConfig.ALL_TOKENS)));
        for (int k = 0; k < TOKENS.size(); k++) {
            int tokens = TOKENS.get(k);
            List<ExplicitMemory> kept = gold.get(k);
            arms.put(name(tokens), test.memories(i -> List.of(kept.get(place.get(i.reference())))));
            for (MemoryCodec codec : codecs) {
                List<ExplicitMemory> back = kept.stream().map(codec::through).toList();
                arms.put(
                        String.format(
                                Locale.ROOT, "%s, %s, %.2f bits", name(tokens), codec.name(), codec.bitsPerNumber()),
                        test.memories(i -> List.of(back.get(place.get(i.reference())))));
            }
        }
    }

    /** From many bits to few. */
    private List<MemoryCodec> codecs(List<ExplicitMemory> sample) {
        int d = lm.config().headDim();
        List<MemoryCodec> all = new ArrayList<>();
        for (int bits : new int[] {8, 4, 3, 2}) {
            all.add(MemoryCodec.train(sample, vectors -> new ScalarCodec(d, bits)));
        }
        for (Scheme scheme : List.of(Scheme.product(16, 8), Scheme.memory3(d, 10))) {
            all.add(MemoryCodec.train(
                    sample, vectors -> QuantizedCodec.train(some(vectors, d), d, scheme, experiment.seed())));
        }
        return all;
    }

    /** Vectors at equal steps, so that every layer and head is among them. */
    private static float[] some(float[] vectors, int d) {
        int n = vectors.length / d;
        int step = Math.max(1, n / VECTORS);
        float[] taken = new float[(n + step - 1) / step * d];
        for (int i = 0; i < taken.length / d; i++) {
            System.arraycopy(vectors, i * step * d, taken, i * d, d);
        }
        return taken;
    }

    /** Searched for among the references of all entities, by the question alone. */
    private void retrieved(List<ReadingItem> asked) {
        Map<ReadingItem, List<String>> found = search(ReadingItem.references(experiment.world(), kind), asked);
        RETRIEVED.forEach(k ->
                arms.put("text, " + k + " found", test.text(i -> found.get(i).subList(0, k))));
        List<String> used =
                found.values().stream().flatMap(List::stream).distinct().toList();
        List<List<ExplicitMemory>> written = written(used);
        Map<String, Integer> place = places(used);
        for (int t = 0; t < TOKENS.size(); t++) {
            List<ExplicitMemory> memories = written.get(t);
            boolean all = TOKENS.get(t) == WriteConfig.ALL_TOKENS;
            for (int k : all ? RETRIEVED : List.of(FIVE)) {
                arms.put(
                        name(TOKENS.get(t)) + ", " + k + " found",
                        test.memories(i -> found.get(i).subList(0, k).stream()
                                .map(text -> memories.get(place.get(text)))
                                .toList()));
            }
        }
    }

    private static Map<ReadingItem, List<String>> search(List<String> texts, List<ReadingItem> asked) {
        Map<ReadingItem, List<String>> found = new HashMap<>();
        try (ExactStore store = new ExactStore()) {
            EmbeddingRetriever retriever =
                    new EmbeddingRetriever(Embedders.english(), store, new RetrievalStrategy.TopK());
            retriever.addAll(
                    IntStream.range(0, texts.size()).mapToObj(String::valueOf).toList(), texts);
            for (ReadingItem item : asked) {
                List<String> best = new ArrayList<>();
                for (Hit hit : retriever.retrieve(item.question(), RETRIEVED.get(RETRIEVED.size() - 1))) {
                    best.add(texts.get(Integer.parseInt(hit.id())));
                }
                found.put(item, best);
            }
        }
        return found;
    }

    private static Map<String, Integer> places(List<String> texts) {
        Map<String, Integer> place = new HashMap<>();
        texts.forEach(t -> place.put(t, place.size()));
        return place;
    }
}
