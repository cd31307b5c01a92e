package dev.engram.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Metrics on cases small enough to do by hand. */
class MetricsTest {
    /** Right-hand sides are what SQuAD's evaluate-v1.1.py gives. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "The  Quill, Statute! | quill statute",
                "an apple a day | apple day",
                "U.S.A. | usa",
                "theory of a cat-an-dog | theory of catandog",
                "Anne and Athena | anne and athena",
                "ÉCOLE   the\tSEA | école sea",
                "'the' | ''",
            })
    void normalisation(String text, String wanted) {
        assertEquals(wanted, Answers.normalised(text));
    }

    @Test
    void exactMatchAndContainment() {
        assertTrue(Answers.exact(" The Quill Statute. ", "quill statute"));
        assertFalse(Answers.exact("the Quill Statute of 477", "quill statute"));
        assertTrue(Answers.contains("It is the Quill Statute of 477.", "the Quill Statute"));
        assertFalse(Answers.contains("It is 4770.", "477"), "part of a word is not it");
        assertFalse(Answers.contains("Quill and Statute", "Quill Statute"));
        assertFalse(Answers.contains("anything", "the"), "an empty answer is in no text");
        assertTrue(Answers.exact("e\u0301cole", "\u00e9cole"));
    }

    @Test
    void f1() {
        assertEquals(1, Answers.f1("whale oil", "The whale oil."));
        assertEquals(0, Answers.f1("rope", "whale oil"));
        // 2 of 4 words given, 2 of 2 wanted: 2 · 0.5 · 1 / 1.5
        assertEquals(2.0 / 3, Answers.f1("it is whale oil", "whale oil"), 1e-12);
        // a repeated word counts as often as it is wanted: 1 of 3, 1 of 2
        assertEquals(0.4, Answers.f1("oil oil oil", "whale oil"), 1e-12);
        assertEquals(1, Answers.f1("the", "a"));
        assertEquals(0, Answers.f1("", "oil"));
    }

    @Test
    void ranking() {
        assertEquals(1, Ranking.rank(new double[] {0.1, 0.9, 0.5}, 1));
        assertEquals(3, Ranking.rank(new double[] {0.1, 0.9, 0.5}, 0));
        assertEquals(3, Ranking.rank(new double[] {0.5, 0.5, 0.5}, 0), "a constant score finds nothing");
        assertEquals(3, Ranking.rank(new double[] {Double.NaN, 0.9, Double.NaN}, 1));
        assertEquals(3, Ranking.rank(new double[] {0.1, Double.NaN, 0.5}, 1));
        Ranking ranking = new Ranking(new int[] {1, 2, 0, 4});
        assertEquals(0.25, ranking.recallAt(1));
        assertEquals(0.5, ranking.recallAt(2));
        assertEquals(0.75, ranking.recallAt(10));
        assertArrayEquals(new double[] {1, 1, 0, 0}, ranking.found(3));
        assertEquals((1 + 0.5 + 0 + 0.25) / 4, ranking.mrr(), 1e-12);
        assertThrows(BadInputException.class, () -> new Ranking(new int[] {}));
        assertThrows(BadInputException.class, () -> new Ranking(new int[] {1, -1}));
    }

    @Test
    void abstention() {
        boolean[] unknown = {true, true, true, false, false, false, false, false};
        boolean[] abstained = {true, true, false, true, false, false, false, false};
        Abstention a = Abstention.of(unknown, abstained);
        assertEquals(new Abstention(2, 1, 1, 4), a);
        assertEquals(2.0 / 3, a.precision());
        assertEquals(2.0 / 3, a.recall());
        assertEquals(0.2, a.lost());
        assertTrue(Double.isNaN(Abstention.of(unknown, new boolean[8]).precision()));
        assertThrows(BadInputException.class, () -> Abstention.of(unknown, new boolean[7]));
    }

    @Test
    void theCurveGoesFromNeverToAlways() {
        boolean[] unknown = {true, true, false, false};
        double[] scores = {0.1, 0.6, 0.5, 0.9};
        List<Abstention.Point> curve = Abstention.curve(unknown, scores);
        assertEquals(5, curve.size());
        assertEquals(0, curve.get(0).at().recall());
        assertEquals(0, curve.get(0).at().lost());
        assertEquals(1, curve.get(4).at().recall());
        assertEquals(1, curve.get(4).at().lost());
        Abstention.Point strict = Abstention.best(curve, 0);
        assertEquals(0.5, strict.threshold());
        assertEquals(0.5, strict.at().recall());
        assertEquals(0.9, Abstention.best(curve, 0.5).threshold());
    }

    @Test
    void multipleChoice() {
        MultipleChoice.Item item =
                new MultipleChoice.Item("x", List.of(), List.of("short", "a longer one", "another long one"), 1);
        // the short option has the larger sum, the right one the larger mean
        MultipleChoice.Result result =
                new MultipleChoice.Result(item, new double[] {-2, -3, -9}, new double[] {-2, -1, -3});
        assertFalse(result.bySum());
        assertTrue(result.byMean());
        assertEquals(0, MultipleChoice.accuracy(List.of(result), false));
        assertEquals(1, MultipleChoice.accuracy(List.of(result), true));
        double all = Math.exp(-2) + Math.exp(-3) + Math.exp(-9);
        assertEquals(-3 - Math.log(all), result.margin(), 1e-12);
        assertThrows(BadInputException.class, () -> new MultipleChoice.Item("x", List.of(), List.of("a", "b"), 2));
    }

    @Test
    void perplexityBeforeAndAfter() {
        Perplexity before = new Perplexity(List.of(new double[] {1, 2, 3, 2}, new double[] {2, 2}));
        Perplexity after = new Perplexity(List.of(new double[] {1.5, 2.5, 3.5, 2.5}, new double[] {2.5, 2.5}));
        assertEquals(Math.exp(2), before.value(), 1e-12);
        assertEquals(Math.exp(0.5), after.relativeTo(before), 1e-12);
        Interval change = after.relativeTo(before, Bootstrap.seeded(7), 2);
        assertEquals(Math.exp(0.5), change.mean(), 1e-12);
        assertEquals(change.low(), change.high(), 1e-9, "every token changed by as much");
        assertThrows(BadInputException.class, () -> new Perplexity(List.of()));
    }
}
