package dev.engram.tiers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The three gates: the rule on plain sentences, the classifier against closed forms, the prompt on a model without sense. */
class GatesTest {
    private static final List<Horizon> ALL = List.of(Horizon.values());

    /** The vector of a text is [x, y] of its first two digits. */
    private static final EmbeddingModel DIGITS = new EmbeddingModel() {
        @Override
        public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
            return Response.from(segments.stream()
                    .map(s -> Embedding.from(
                            new float[] {s.text().charAt(0) - '0', s.text().charAt(1) - '0'}))
                    .toList());
        }
    };

    @Test
    void theRuleReadsWords() {
        RuleGate gate = new RuleGate();
        assertEquals(
                List.of(Horizon.NONE, Horizon.NONE, Horizon.SHORT, Horizon.MID, Horizon.LONG),
                gate.classify(List.of(
                        "Good morning!",
                        "Can you help me?",
                        "I had soup for lunch.",
                        "I am reading a novel at the moment.",
                        "My sister is called Imke.")));
    }

    @Test
    void probabilitiesAreASoftmaxOfScores() {
        // scores 1, 0, 0 and ln 2 with x = [1, 2]
        double[][] w = {{1, 0, 0}, {2, -1, 0}, {0, 0, 0}, {0, 0, Math.log(2)}};
        double[] p = LogisticGate.probabilities(w, new float[] {1, 2});
        double sum = Math.E + 1 + 1 + 2;
        double[] expected = {Math.E / sum, 1 / sum, 1 / sum, 2 / sum};
        for (int c = 0; c < 4; c++) {
            assertEquals(expected[c], p[c], 1e-12);
        }
    }

    /** Where texts tell nothing, the maximum of the likelihood is the share of each class. */
    @Test
    void withoutInformationTheGateGivesFrequencies() {
        List<Horizon> y = new ArrayList<>();
        int[] counts = {1, 2, 3, 4};
        for (int c = 0; c < 4; c++) {
            for (int i = 0; i < counts[c]; i++) {
                y.add(ALL.get(c));
            }
        }
        double[][] w = LogisticGate.fit(new float[10][3], y, 1e-3);
        double[] p = LogisticGate.probabilities(w, new float[3]);
        for (int c = 0; c < 4; c++) {
            assertEquals(counts[c] / 10., p[c], 1e-5);
        }
    }

    /** One number, x = 1 for one half of LONG and -1 for SHORT: by symmetry w = ±a, with 1 / (1 + e^2a) = penalty a. */
    @Test
    void theWeightsAreThoseOfTheClosedForm() {
        float[][] x = {{1}, {-1}};
        double penalty = 0.05;
        // NONE and MID never occur; their intercepts fall without end and leave two classes
        double[][] w = LogisticGate.fit(x, List.of(Horizon.LONG, Horizon.SHORT), penalty);
        double a = w[3][0];
        assertEquals(-a, w[1][0], 1e-3);
        assertEquals(penalty * a, 1 / (1 + Math.exp(2 * a)), 1e-3);
    }

    @Test
    void theFitIsAMinimum() {
        float[][] x = {{1, 0.5f}, {0, 1}, {-1, 0.2f}, {0.3f, -1}, {0.9f, 0.1f}, {-0.5f, -0.5f}};
        List<Horizon> y = List.of(Horizon.NONE, Horizon.SHORT, Horizon.MID, Horizon.LONG, Horizon.SHORT, Horizon.NONE);
        double[][] g = LogisticGate.gradient(LogisticGate.fit(x, y, 0.01), x, y, 0.01);
        for (double[] row : g) {
            for (double v : row) {
                assertEquals(0, v, 1e-6);
            }
        }
        // and the gradient is that of the loss
        double[][] w = {{0.1, 0.2, 0.3}, {0, -0.4, 0}, {0.5, 0, -0.1}, {0.2, 0.2, 0}};
        double[][] own = LogisticGate.gradient(w, x, y, 0.01);
        double before = loss(w, x, y);
        w[2][1] += 1e-6;
        assertEquals((loss(w, x, y) - before) / 1e-6, own[2][1], 1e-5);
    }

    private static double loss(double[][] w, float[][] x, List<Horizon> y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum -= Math.log(LogisticGate.probabilities(w, x[i])[y.get(i).ordinal()]) / x.length;
        }
        for (double[] row : w) {
            for (int j = 0; j < row.length - 1; j++) {
                sum += 0.01 / 2 * row[j] * row[j];
            }
        }
        return sum;
    }

    @Test
    void theTrainedGateSeparatesWhatCanBeSeparated() {
        List<String> texts = List.of("09", "90", "00", "99");
        LogisticGate gate = LogisticGate.train(DIGITS, texts, ALL, 1e-3);
        assertEquals(ALL, gate.classify(texts));
        assertEquals(Horizon.LONG, gate.classify("88"));
        assertEquals(1, java.util.Arrays.stream(gate.probabilities("55")).sum(), 1e-12);
        assertThrows(BadInputException.class, () -> LogisticGate.train(DIGITS, texts, ALL, 0));
        assertThrows(BadInputException.class, () -> LogisticGate.fit(new float[1][1], ALL, 1));
    }

    @Test
    void thePromptAlwaysAnswers(@TempDir Path folder) throws IOException {
        LoadOptions load = LoadOptions.defaults().withDtype(DType.F32).withThreads(1);
        try (CausalLm lm = CausalLm.open(
                TinyModel.write(folder.resolve("tiny"), 2048, TinyModel.END_OF_TURN)
                        .toString(),
                load)) {
            List<String> texts = List.of("I had soup.", "My name is Ann.", "N/A");
            List<Horizon> plain = new PromptGate(lm, false).classify(texts);
            assertEquals(3, plain.size());
            // with the prior taken away all words are equal for the text the prior was measured on
            assertEquals(Horizon.NONE, new PromptGate(lm, true).classify("N/A"));
            assertTrue(ALL.containsAll(plain));
            PromptGate raw = new PromptGate(lm, false);
            raw.classify(texts.subList(0, 2));
            assertEquals(
                    new PromptGate(lm, true).classify(texts), raw.calibrated().classify(texts));
            assertEquals(plain, raw.classify(texts));
        }
    }

    @Test
    void macroF1ByHand() {
        Confusion c = Confusion.of(
                List.of(Horizon.SHORT, Horizon.SHORT, Horizon.MID, Horizon.LONG),
                List.of(Horizon.SHORT, Horizon.MID, Horizon.MID, Horizon.NONE));
        assertEquals(2 / 3., c.f1(Horizon.SHORT), 1e-12); // tp 1, fn 1
        assertEquals(2 / 3., c.f1(Horizon.MID), 1e-12); // tp 1, fp 1
        assertEquals(0, c.f1(Horizon.LONG));
        assertEquals((2 / 3. + 2 / 3.) / 3, c.macroF1(), 1e-12, "none has no label and no share");
        assertThrows(BadInputException.class, () -> Confusion.of(ALL, List.of()));
    }
}
