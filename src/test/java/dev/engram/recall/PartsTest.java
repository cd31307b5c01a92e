package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TokenRows;
import dev.engram.model.TrainableDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The terms of the losses, each against the same numbers put together by hand. */
class PartsTest extends WithTinyRecall {
    private static final RecallRow FRONT = row("Ada sails.", 1);
    private static final RecallRow OTHER = row("Bo.", 2);

    private TrainableDecoder decoder;
    private NDManager scope;
    private Learner learner;
    private Candidates candidates;
    private HeadParameters head;
    private final Map<String, Double> log = new HashMap<>();

    private static RecallRow row(String text, int memory) {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length + 2];
        int[] labels = new int[ids.length];
        ids[0] = TinyRecall.TOKENS.recall();
        ids[1] = TinyRecall.TOKENS.pad();
        labels[0] = labels[1] = RecallRow.IGNORED;
        for (int i = 0; i < bytes.length; i++) {
            ids[i + 2] = bytes[i];
            labels[i + 2] = bytes[i];
        }
        return new RecallRow(RecallRow.Type.MEMORY_FRONT, ids, labels, 0, 1, memory, 0);
    }

    @BeforeEach
    void learner() {
        decoder = TrainableDecoder.open(tiny.path.toString(), DType.F32);
        scope = decoder.newScope();
        int width = decoder.config().hidden();
        learner = new Learner(decoder, null, tokens(), 2, 0);
        List<float[]> units = IntStream.range(0, 4)
                .mapToObj(i -> HeadParameters.direction(width, i))
                .toList();
        candidates = new Candidates(scope, units, HeadParameters.direction(width, 50));
        head = new HeadParameters(scope, Math.log(3), 0.2, HeadParameters.direction(width, 60));
    }

    @AfterEach
    void closeAll() {
        head.close();
        candidates.close();
        learner.close();
        scope.close();
        decoder.close();
    }

    private float loss(Part part) {
        return part.loss(scope, 0, log).getFloat();
    }

    private static Parts.Rows both() {
        return (step, random) -> List.of(FRONT, OTHER);
    }

    private float[] unit(RecallRow row) {
        return candidates.unit(row.memory());
    }

    @Test
    void theVectorStandsInItsPlaceAndOnlyThere() {
        RowBatch batch = new RowBatch(List.of(FRONT, OTHER), 0);
        NDArray with = learner.hidden(scope, batch, this::unit, Shuffle.stream(1));
        NDArray swapped = learner.hidden(scope, batch, r -> candidates.unit(3 - r.memory()), Shuffle.stream(1));
        NDArray without = learner.hidden(scope, batch, null, Shuffle.stream(1));
        int width = learner.width();
        float[] a = with.toFloatArray();
        float[] b = swapped.toFloatArray();
        float[] c = without.toFloatArray();
        for (int i = 0; i < width; i++) {
            assertEquals(a[i], b[i], 1e-5, "<recall> comes before the vector");
            assertEquals(a[i], c[i], 1e-5);
        }
        assertTrue(
                IntStream.range(width, 2 * width).anyMatch(i -> Math.abs(a[i] - b[i]) > 1e-3), "its own place differs");
        assertTrue(IntStream.range(width, 2 * width).anyMatch(i -> Math.abs(a[i] - c[i]) > 1e-3));
    }

    /** Noise has the length it is said to have, and none of it is there when there is to be none. */
    @Test
    void noiseIsDrawnAfresh() {
        RowBatch batch = new RowBatch(List.of(FRONT), 0);
        float[] still =
                learner.hidden(scope, batch, this::unit, Shuffle.stream(1)).toFloatArray();
        float[] again =
                learner.hidden(scope, batch, this::unit, Shuffle.stream(2)).toFloatArray();
        assertEquals(0, distance(still, again), 0);
        NDArray rows = scope.zeros(new Shape(3, learner.width()));
        TokenRows tokens = new TokenRows(
                List.of(RecallTokens.RECALL, RecallTokens.END, RecallTokens.PAD), TinyRecall.TOKENS.ids(), rows, rows);
        try (Learner noisy = new Learner(decoder, null, tokens, 2, 0.5)) {
            float[] one =
                    noisy.hidden(scope, batch, this::unit, Shuffle.stream(1)).toFloatArray();
            float[] same =
                    noisy.hidden(scope, batch, this::unit, Shuffle.stream(1)).toFloatArray();
            float[] other =
                    noisy.hidden(scope, batch, this::unit, Shuffle.stream(2)).toFloatArray();
            assertEquals(0, distance(one, same), 0);
            assertTrue(distance(one, other) > 1e-3);
        }
    }

    private static double distance(float[] a, float[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElse(0);
    }

    @Test
    void tokensAloneAndWithTheirQueries() {
        RowBatch batch = new RowBatch(List.of(FRONT, OTHER), 0);
        NDArray hidden = learner.hidden(scope, batch, this::unit, Shuffle.stream(1));
        float decoding = learner.tokenLoss(scope, batch, hidden).getFloat();
        Part tokens = Parts.tokens("front", learner, both(), this::unit, 1);
        assertEquals(decoding, loss(tokens), 1e-5);
        assertEquals(decoding, log.get("front"), 1e-5);
        assertEquals(batch.tokens(), tokens.tokens());

        float finding = loss(Parts.queries("ask", learner, both(), candidates, head, 1));
        Part joint = Parts.tokensAndQueries("full", learner, both(), this::unit, candidates, head, 0.3, 1);
        assertEquals(decoding + 0.3 * finding, loss(joint), 1e-4);
        assertEquals(finding, log.get("full query"), 1e-5);
        assertEquals(batch.tokens(), joint.tokens());
    }

    /** InfoNCE by hand: cosines of the centred query, times the scale, with the nothing slot as one more class. */
    @Test
    void findingIsACrossEntropyOverCandidatesAndNothing() {
        assertEquals(4, candidates.size());
        RowBatch batch = new RowBatch(List.of(FRONT, OTHER), 0);
        float[] queries = learner.queries(scope, batch, learner.hidden(scope, batch, null, null))
                .toFloatArray();
        int width = learner.width();
        float[] mean = HeadParameters.direction(width, 50);
        float[] nothing = HeadParameters.direction(width, 60);
        List<float[]> all = new ArrayList<>();
        IntStream.range(0, 4).forEach(i -> all.add(candidates.unit(i)));
        all.add(nothing);
        int[] targets = {2, RecallRow.NOTHING};
        double expected = 0;
        for (int r = 0; r < 2; r++) {
            double[] q = new double[width];
            double length = 0;
            for (int k = 0; k < width; k++) {
                q[k] = queries[r * width + k] - mean[k];
                length += q[k] * q[k];
            }
            double sum = 0;
            double right = 0;
            for (int c = 0; c < all.size(); c++) {
                double dot = 0;
                for (int k = 0; k < width; k++) {
                    dot += q[k] * all.get(c)[k];
                }
                double logit = 3 * dot / Math.sqrt(length) + (c == 4 ? 3 * 0.2 : 0);
                sum += Math.exp(logit);
                if (c == (targets[r] == RecallRow.NOTHING ? 4 : targets[r])) {
                    right = logit;
                }
            }
            expected += (Math.log(sum) - right) / 2;
        }
        NDArray q = scope.create(queries, new Shape(2, width));
        assertEquals(expected, candidates.loss(scope, learner, head, q, targets).getFloat(), 1e-4);
    }

    /** The frozen base against itself with three more words: the share that the three words take, and nothing else. */
    @Test
    void whatIsKeptIsTheBase() {
        int[] words = {70, 71, 72, 73};
        RecallRow plain = new RecallRow(RecallRow.Type.SFT_ONLY, words, words, -1, -1, -1, -1);
        RecallRow first =
                new RecallRow(RecallRow.Type.SFT_ONLY, words, new int[] {-100, 71, -100, -100}, -1, -1, -1, -1);
        RowBatch batch = new RowBatch(List.of(plain, first), 0);
        NDArray hidden = learner.hidden(scope, batch, null, null);
        float[] logits = decoder.logits(scope, hidden, tokens()).toFloatArray(); // [2, 4, vocab + 3]
        int wide = logits.length / 8;
        double[] taken = new double[3];
        for (int t = 0; t < 3; t++) {
            double base = 0;
            double more = 0;
            for (int v = 0; v < wide; v++) {
                double e = Math.exp(logits[t * wide + v]);
                more += e;
                base += v < TinyRecall.VOCAB ? e : 0;
            }
            taken[t] = Math.log(more / base);
        }
        double expected = ((taken[0] + taken[1] + taken[2]) / 3 + taken[0]) / 2;
        Part keep = Parts.keep("keep", learner, (step, random) -> List.of(plain, first), 1);
        assertEquals(expected, loss(keep), 1e-5);
        assertEquals(expected, loss(keep), 1e-5, "the base's states are kept");
    }

    /** The three recall tokens with rows of their own. */
    private TokenRows tokens() {
        int width = decoder.config().hidden();
        float[] values = new float[3 * width];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        NDArray rows = scope.create(values, new Shape(3, width));
        return new TokenRows(
                List.of(RecallTokens.RECALL, RecallTokens.END, RecallTokens.PAD), TinyRecall.TOKENS.ids(), rows, rows);
    }

    @Test
    void epochsFollowOneAnother() {
        List<String> memories =
                IntStream.range(0, 4).mapToObj(i -> "Memory " + i + ".").toList();
        List<SftSample> chats =
                IntStream.range(0, 12).mapToObj(i -> TinyRecall.chat(i, true)).toList();
        MixedMemorySftDataset data = new MixedMemorySftDataset(
                memories, null, s -> true, tiny.pool(chats, 250), tiny.rows(RowBuilder.Style.seed()), 64, 1, l -> {});
        int perEpoch = data.rowsPerType();
        Parts.Rows rows = Parts.epochs(data, MixedMemorySftDataset.Epoch::full, 3);
        List<RecallRow> drawn = new ArrayList<>();
        for (int step = 0; step < perEpoch; step++) {
            List<RecallRow> now = rows.at(step, null);
            assertEquals(3, now.size());
            drawn.addAll(now);
        }
        for (int i = 0; i < drawn.size(); i++) {
            assertSame(data.refreshEpochData(i / perEpoch).full().get(i % perEpoch), drawn.get(i), "row " + i);
        }
    }

    /** A step's draws depend on the seed, the step and the term, so that one term's do not move another's. */
    @Test
    void everyTermHasDrawsOfItsOwn() {
        List<Long> drawn = new ArrayList<>();
        Parts.Rows spy = (step, random) -> {
            drawn.add(random.nextLong());
            return List.of(FRONT);
        };
        loss(Parts.tokens("one", learner, spy, this::unit, 1));
        loss(Parts.tokens("one", learner, spy, this::unit, 1));
        loss(Parts.tokens("two", learner, spy, this::unit, 1));
        loss(Parts.tokens("one", learner, spy, this::unit, 2));
        Parts.tokens("one", learner, spy, this::unit, 1).loss(scope, 1, log);
        assertEquals(drawn.get(0), drawn.get(1));
        assertEquals(4, drawn.stream().distinct().count());
    }
}
