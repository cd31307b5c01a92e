package dev.engram.explicit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rules on numbers small enough for a sheet of paper: 4 tokens, 2 query heads that share one key/value head of width 1. */
class TokenSelectorsTest {
    /** The first token is prefix, the last one padding. */
    private static final float[] TEXT = {0, 1, 1, 0};

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager("PyTorch");
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private TokenSelector.LayerView view() {
        NDArray q = manager.create(new float[] {9, 9, 1, -1, 2, 0, 9, 9}, new Shape(1, 4, 2, 1));
        NDArray k = manager.create(new float[] {5, 0, 1, 7}, new Shape(1, 4, 1, 1));
        NDArray v = manager.create(new float[] {8, -3, 2, 8}, new Shape(1, 4, 1, 1));
        NDArray received = manager.create(new float[] {4, 0.5f, 0.25f, 4}, new Shape(1, 1, 4));
        return new TokenSelector.LayerView(0, q, k, v, received, manager.create(TEXT, new Shape(1, 4)));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** Tokens 1 and 2 have the keys 0 and 1, so that query q gives token 2 the share sigmoid(q). */
    @Test
    void theRuleOfThePaperSumsWhatTheTextsOwnQueriesGive() {
        float[] w = TokenSelectors.paper().scores(view()).toFloatArray();
        double second = sigmoid(1) + sigmoid(-1) + sigmoid(2) + sigmoid(0);
        assertEquals(second, w[2], 1e-6);
        assertEquals(4 - second, w[1], 1e-6);
    }

    @Test
    void withoutTheNormTheScoresAreSumsOfExponentials() {
        float[] w = TokenSelectors.unnormalised().scores(view()).toFloatArray();
        double second = Math.exp(1) + Math.exp(-1) + Math.exp(2) + 1;
        assertEquals(second / 4, w[2] / w[1], 1e-5); // token 1 has 4 · exp(0)
    }

    @Test
    void theOthersScoreByPlaceLengthAndAttention() {
        assertArrayEquals(
                new float[] {0, 1, 2, 3}, TokenSelectors.last().scores(view()).toFloatArray());
        assertArrayEquals(
                new float[] {64, 9, 4, 64},
                TokenSelectors.valueNorm().scores(view()).toFloatArray());
        assertArrayEquals(
                new float[] {4, 0.5f, 0.25f, 4},
                TokenSelectors.maskedAndRotated().scores(view()).toFloatArray());
        float[] draw = TokenSelectors.random(5).scores(view()).toFloatArray();
        assertArrayEquals(draw, TokenSelectors.random(5).scores(view()).toFloatArray());
    }

    @Test
    void namesAreChecked() {
        assertEquals("last", TokenSelectors.named("last", 1).name());
        assertThrows(BadInputException.class, () -> TokenSelectors.named("best", 1));
        assertThrows(BadInputException.class, () -> TokenSelectors.queryAware(new int[0]));
    }

    @Test
    void layersByName() {
        assertArrayEquals(new int[] {0, 1, 2, 3}, LayerChoice.FIRST_HALF.of(8));
        assertArrayEquals(new int[] {2, 3, 4, 5}, LayerChoice.named("middle").of(8));
        assertArrayEquals(new int[] {4, 5, 6, 7}, LayerChoice.LAST_HALF.of(8));
        assertThrows(BadInputException.class, () -> LayerChoice.named("best"));
    }
}
