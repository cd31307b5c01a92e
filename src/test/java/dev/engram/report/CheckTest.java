package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CheckTest {
    @Test
    void aTrueClaimIsReturnedWithATick() {
        assertEquals("✓ every row sums to 1", Check.that(true, "every row sums to 1"));
        assertEquals("✓ share: difference 0.25, allowed 0.5", Check.near(0.75, 0.5, 0.5, "share"));
    }

    @Test
    void aFalseClaimThrowsAndNamesTheNumbers() {
        AssertionError wrong = assertThrows(AssertionError.class, () -> Check.near(0.6, 0.5, 0.05, "share"));
        assertTrue(wrong.getMessage().contains("share is 0.6 and should be 0.5 within 0.05"), wrong.getMessage());
        AssertionError untrue = assertThrows(AssertionError.class, () -> Check.that(false, "rows sum to 1"));
        assertTrue(untrue.getMessage().contains("rows sum to 1"), untrue.getMessage());
    }

    @Test
    void theToleranceItselfIsAllowedAndNaNIsNot() {
        Check.near(1.5, 1.0, 0.5, "edge");
        assertThrows(AssertionError.class, () -> Check.near(Double.NaN, 1.0, 0.5, "nothing"));
        assertThrows(AssertionError.class, () -> Check.near(1.0, Double.NaN, 0.5, "nothing"));
        assertThrows(AssertionError.class, () -> Check.near(1.0, 1.0, Double.NaN, "nothing"));
    }
}
