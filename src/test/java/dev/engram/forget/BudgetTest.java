package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.model.Tiny;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** How budgets are written, counted and refused, and the bounds of a forgetting curve's constants. */
class BudgetTest {
    @Test
    void asUsersWriteThem() {
        Map<String, Budget> written = Map.of(
                "256", Budget.tokens(256),
                " 12 Tokens ", Budget.tokens(12),
                "1token", Budget.tokens(1),
                "25%", Budget.share(0.25),
                "100%", Budget.share(1),
                "0.125", Budget.share(0.125),
                "8MB", Budget.bytes(8_000_000),
                "0.5mb", Budget.bytes(500_000),
                "full", Budget.unlimited(),
                "Unlimited", Budget.unlimited());
        written.forEach((text, budget) -> assertEquals(budget, Budget.parse(text), text));
        for (String wrong : List.of("many", "150%", "0%", "0", "-3", "0.0", "0MB", "mb", "1e3tokens")) {
            assertThrows(BadInputException.class, () -> Budget.parse(wrong), wrong);
        }
        assertTrue(assertThrows(BadInputException.class, () -> Budget.parse("many"))
                .getMessage()
                .contains("'many' is no budget"));
    }

    @Test
    void theSmallestThatAreAllowed() {
        assertEquals(1, Budget.tokens(1).amount());
        assertEquals(1, Budget.share(1).amount());
        assertEquals(1, Budget.bytes(1).amount());
        for (Executable wrong : List.<Executable>of(
                () -> Budget.tokens(0), () -> Budget.share(0), () -> Budget.share(1.0001), () -> Budget.bytes(0))) {
            assertThrows(BadInputException.class, wrong);
        }
    }

    @Test
    void asTheyAreShown() {
        assertEquals("256 tokens", Budget.tokens(256).toString());
        assertEquals("12.5%", Budget.share(0.125).toString());
        assertEquals("8.0 MB", Budget.bytes(8_000_000).toString());
        assertEquals("full", Budget.unlimited().toString());
    }

    @Test
    void slotsOfALayer() {
        try (Decoder decoder = Tiny.decoder();
                KvCache cache = decoder.newCache();
                NDManager scope = decoder.newScope()) {
            decoder.forward(scope, new int[][] {new int[30]}, cache, Seams.none());
            int slot = 2 * 2 * 16 * 4; // keys and values, two heads of 16 numbers in f32
            assertEquals(7, Budget.tokens(7).slots(cache));
            assertEquals(7, Budget.bytes(3L * slot * 7).slots(cache));
            assertEquals(6, Budget.bytes(3L * slot * 7 - 1).slots(cache));
            assertEquals(1, Budget.bytes(1).slots(cache), "at least one");
            assertEquals(15, Budget.share(0.5).slots(cache));
            assertEquals(1, Budget.share(0.01).slots(cache));
            assertEquals(Integer.MAX_VALUE, Budget.unlimited().slots(cache));
        }
    }

    private static EbbinghausConfig curve(
            double s0,
            double dt,
            double felt,
            double gate,
            double grade,
            double gain,
            double fading,
            double most,
            int q) {
        return new EbbinghausConfig(s0, dt, felt, gate, grade, gain, fading, most, true, q, true);
    }

    @Test
    void boundsOfACurve() {
        double none = Double.POSITIVE_INFINITY;
        curve(5, 0.1, none, 0, 0, 0, 1, 5, 1);
        curve(5, 0.1, 8, 1, 1, 1, 0.5, 50, 3);
        List<Executable> wrong = List.of(
                () -> curve(0, 0.1, none, 0, 0, 0, 1, 5, 1),
                () -> curve(5, 0, none, 0, 0, 0, 1, 5, 1),
                () -> curve(5, 0.1, 0, 0, 0, 0, 1, 5, 1),
                () -> curve(5, 0.1, none, -1e-9, 0, 0, 1, 5, 1),
                () -> curve(5, 0.1, none, 0, -1e-9, 0, 1, 5, 1),
                () -> curve(5, 0.1, none, 0, 0, -1e-9, 1, 5, 1),
                () -> curve(5, 0.1, none, 0, 0, 0, 0, 5, 1),
                () -> curve(5, 0.1, none, 0, 0, 0, 1.001, 5, 1),
                () -> curve(5, 0.1, none, 0, 0, 0, 1, 4.999, 1),
                () -> curve(5, 0.1, none, 0, 0, 0, 1, 5, 0));
        for (int i = 0; i < wrong.size(); i++) {
            assertThrows(BadInputException.class, wrong.get(i), "case " + i);
        }
    }

    @Test
    void oneChangeAtATime() {
        EbbinghausConfig calibrated = EbbinghausConfig.calibrated(50);
        assertEquals(0.1, calibrated.timePerToken(), 1e-12);
        assertEquals(50, calibrated.timeConstant(), 1e-12);
        assertEquals(0.7, calibrated.time(7), 1e-12, "a plain count");
        EbbinghausConfig budget = EbbinghausConfig.budget(50);
        assertEquals(calibrated.withFelt(8), budget);
        assertEquals(0.1 * 8 * Math.log(2), budget.time(8), 1e-12, "8 tokens count for 8 ln 2");
        EbbinghausConfig graded = EbbinghausConfig.graded(50);
        assertEquals(0.5, graded.grade());
        assertEquals(0.99, graded.fading());
        assertTrue(Double.isInfinite(graded.gate()));
        assertEquals(2.5, graded.gain());
        assertEquals(0.2, calibrated.withTimeConstant(25).timePerToken(), 1e-12);
        assertEquals(calibrated.gate(), calibrated.withTimeConstant(25).gate());
        assertEquals(3, calibrated.withRehearsal(3, 4).gate());
        assertEquals(4, calibrated.withRehearsal(3, 4).gain());
        assertEquals(false, calibrated.withPerHead(false).perHead());
        assertEquals(true, calibrated.withPerHead(false).relative());
    }
}
