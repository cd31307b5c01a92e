package dev.engram.explicit;

import dev.engram.explicit.compress.ScalarCodec;
import dev.engram.model.CausalLm;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The bytes of the default memory (8 tokens a head, last half of the layers, 16 bits a number) spent in other ways on tokens, layers and
 * bits. Numbers of 16 bits are read as they were written, in f32; bf16 changes nothing that is measured here.
 */
final class EqualBytes {
    /** One way: the last 1/{@code part} of the layers, tokens a head, bits a number. */
    private record Split(int part, int tokens, int bits) {
        String name() {
            return String.format(
                    Locale.ROOT,
                    "equal bytes: %s of the layers, %d tokens, %d bits",
                    part == 1 ? "all" : "last 1/" + part,
                    tokens,
                    bits);
        }

        int[] layers(int all) {
            return IntStream.range(all - all / part, all).toArray();
        }
    }

    private static final List<Split> SPLITS = List.of(
            new Split(1, 4, 16),
            new Split(1, 8, 8),
            new Split(1, 16, 4),
            new Split(2, 8, 16),
            new Split(2, 16, 8),
            new Split(2, 32, 4),
            new Split(4, 16, 16),
            new Split(4, 32, 8));

    private final CausalLm lm;
    private final ReadingTest test;
    private final List<String> others;
    private final List<String> own;

    /** Splits for some questions; codecs are trained on other references. */
    EqualBytes(CausalLm lm, ReadingTest test, List<String> others, List<ReadingItem> asked) {
        this.lm = lm;
        this.test = test;
        this.others = others;
        this.own = asked.stream().map(ReadingItem::reference).distinct().toList();
    }

    /** One arm for each split. */
    Map<String, ReadingTest.Given> arms() {
        List<Integer> tokens = SPLITS.stream().map(Split::tokens).distinct().toList();
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.dense());
        List<List<ExplicitMemory>> gold = writer.write(own, tokens);
        List<ExplicitMemory> sample = writer.write(others);
        int layers = lm.config().layers();
        Map<String, ReadingTest.Given> arms = new LinkedHashMap<>();
        for (Split split : SPLITS) {
            int[] chosen = split.layers(layers);
            List<ExplicitMemory> kept = gold.get(tokens.indexOf(split.tokens)).stream()
                    .map(m -> m.at(chosen))
                    .toList();
            List<ExplicitMemory> stored = split.bits == 16
                    ? kept
                    : through(sample.stream().map(m -> m.at(chosen)).toList(), kept, split.bits);
            Map<String, ExplicitMemory> byText = new HashMap<>();
            own.forEach(t -> byText.put(t, stored.get(byText.size())));
            arms.put(split.name(), test.memories(i -> List.of(byText.get(i.reference()))));
        }
        return arms;
    }

    private List<ExplicitMemory> through(List<ExplicitMemory> sample, List<ExplicitMemory> kept, int bits) {
        int d = lm.config().headDim();
        MemoryCodec codec = MemoryCodec.train(sample, vectors -> new ScalarCodec(d, bits));
        return kept.stream().map(codec::through).toList();
    }
}
