package dev.engram.explicit.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReadingTest;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.CausalLm;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.Seams;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which memory, layer, head and token was read: by memories whose keys are made by hand. */
class ProvenanceTest {
    private static final int KEPT = 3;

    @TempDir
    static Path folder;

    private static CausalLm lm;
    private static ReferenceWriter writer;

    @BeforeAll
    static void open() throws IOException {
        lm = CausalLm.open(
                TinyModel.write(folder, 1024, TinyModel.END_OF_TURN).toString(),
                LoadOptions.defaults().withDtype(DType.F32));
        writer = new ReferenceWriter(lm, WriteConfig.dense());
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    /** A memory of one layer, three tokens, whose keys are all zero: it is looked at by chance. */
    private static ExplicitMemory blank(int layer) {
        int prefix = writer.prefix().length;
        int[] positions = {prefix, prefix + 4, prefix + 9};
        int d = lm.config().headDim();
        return new ExplicitMemory(new int[] {layer}, 1, d, positions, new float[KEPT * d], new float[KEPT * d]);
    }

    /** The rotated query of the first head at the place where a context begins: a model of zeros cannot be asked for it otherwise. */
    private static float[] query(int token) {
        float[][] seen = new float[1][];
        try (NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache()) {
            // at position 0 the rotation does nothing; the key of the same distance is then the query itself
            lm.decoder()
                    .forward(scope, new int[][] {{token}}, cache, Seams.none().withProjections((layer, q, k, v) -> {
                        if (layer == 0) {
                            seen[0] = q.toFloatArray();
                        }
                    }));
        }
        return seen[0]; // [2 heads × 16]
    }

    /** Rotates as the model does (halves, base 10,000), by hand. */
    private static float[] rotated(float[] x, int position) {
        int half = x.length / 2;
        float[] out = new float[x.length];
        for (int i = 0; i < half; i++) {
            double angle = position * Math.pow(10000, -2.0 * i / x.length);
            out[i] = (float) (x[i] * Math.cos(angle) - x[i + half] * Math.sin(angle));
            out[i + half] = (float) (x[i + half] * Math.cos(angle) + x[i] * Math.sin(angle));
        }
        return out;
    }

    @Test
    void aKeyThatAnswersTheQueryIsNamed() {
        int token = 65;
        int d = lm.config().headDim();
        float[] q = rotated(Arrays.copyOf(query(token), d), writer.contextPosition());
        double length = 0;
        for (float x : q) {
            length += x * x;
        }
        ExplicitMemory target = blank(0);
        float[] keys = target.keys().clone();
        for (int i = 0; i < d; i++) {
            keys[2 * d + i] = (float) (q[i] * 40 * Math.sqrt(d) / length); // logit 40 for the last of three tokens
        }
        List<ExplicitMemory> memories = List.of(blank(0), target.with(keys, target.values()), blank(1));
        Provenance traced = Provenance.of(lm, Library.plain(writer), memories, new int[] {token}, new int[] {66});
        Provenance.Source top = traced.top(1).get(0);
        assertEquals(1, top.memory());
        assertEquals(0, top.layer());
        assertEquals(9, top.position(), "in the text, without the prefix");
        assertTrue(top.attention() >= 0.499, "one of the two query heads looks there alone: " + top.attention());
        assertEquals(1, traced.memories().get(0).memory());
        assertEquals(top.attention(), traced.tokens(1, 12)[9], 1e-9);
        assertEquals(0, traced.tokens(1, 12)[8]);
        assertTrue(traced.heads(1)[0][0] > 0.49);
        assertEquals(0, traced.heads(1)[1][0], "it holds nothing at layer 1");
    }

    @Test
    void allSharesSumToOneInEachLayerAndHead() {
        List<ExplicitMemory> memories = writer.write(List.of("Anna sails on Monday.", "Bert walks."));
        Provenance traced = Provenance.of(
                lm,
                Library.plain(writer),
                memories,
                lm.tokenizer().encode("Who?"),
                lm.tokenizer().encode("Anna"));
        double sum = traced.sink()[1][0] + traced.context()[1][0] + traced.heads(0)[1][0] + traced.heads(1)[1][0];
        assertEquals(1, sum, 1e-5);
        assertTrue(traced.sink()[0][0] > 0 && traced.context()[0][0] > 0);
    }

    @Test
    void aSilencedHeadTellsNothing() {
        ReadingItem item = new ReadingItem("a", "Who?", "Anna", "Anna sails.", List.of());
        ReadingTest test = new ReadingTest(lm, writer);
        ExplicitMemory whole = writer.write(item.reference());
        ExplicitMemory silent = HeadKnockout.silence(whole, List.of(new HeadKnockout.Head(1, 0)));
        int half = whole.values().length / 2;
        assertFalse(Arrays.equals(whole.values(), silent.values()));
        assertTrue(Arrays.equals(whole.values(), 0, half, silent.values(), 0, half), "layer 0 is as it was");
        for (int i = half; i < 2 * half; i++) {
            assertEquals(0, silent.values()[i]);
        }
        assertTrue(Arrays.equals(whole.keys(), silent.keys()));
        HeadKnockout knockout = new HeadKnockout(lm, Library.plain(writer), 1);
        List<HeadKnockout.Head> ranked = knockout.ranked(List.of(item));
        assertEquals(2, ranked.size());
        List<HeadKnockout.Row> rows = knockout.run(ranked, List.of(item), List.of(0, 2));
        double asItIs = test.ask(List.of(item), test.memories(i -> List.of(whole)))
                .get(0)
                .nll();
        assertEquals(asItIs, rows.get(0).nll(), 1e-9);
        assertTrue(Math.abs(rows.get(3).nll() - asItIs) > 1e-6, "with both heads silenced the answer changes");
        assertEquals(rows.get(3).nll(), rows.get(5).nll(), 1e-9);
    }
}
