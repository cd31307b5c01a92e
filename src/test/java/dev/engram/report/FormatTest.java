package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class FormatTest {
    @Test
    void bytes() {
        assertEquals("0 B", Format.bytes(0));
        assertEquals("999 B", Format.bytes(999));
        assertEquals("1.00 kB", Format.bytes(1000));
        assertEquals("1.00 MB", Format.bytes(999_999));
        assertEquals("271 MB", Format.bytes(271_000_000));
        assertEquals("23.5 GB", Format.bytes(23.45e9 + 6e7));
        assertEquals("-1.50 kB", Format.bytes(-1500));
    }

    @Test
    void seconds() {
        assertEquals("3.10 ms", Format.seconds(0.0031));
        assertEquals("1.0 s", Format.seconds(0.9999));
        assertEquals("12.4 s", Format.seconds(12.4));
        assertEquals("1 min 40 s", Format.seconds(99.96));
        assertEquals("3 min 20 s", Format.seconds(200));
        assertEquals("1 h 00 min", Format.seconds(3599.9));
        assertEquals("2 h 05 min", Format.seconds(7500));
    }

    @Test
    void ratiosAndShares() {
        assertEquals("2.50×", Format.ratio(5, 2));
        assertEquals("12.5 %", Format.percent(0.125));
    }

    @Test
    void numbers() {
        assertEquals("0", Format.number(0));
        assertEquals("0.125", Format.number(0.125));
        assertEquals("0.5", Format.number(0.5));
        assertEquals("4096", Format.number(4096));
        assertEquals("1.5", Format.number(1.5));
        assertEquals("2.0e-09", Format.number(2e-9));
        assertEquals("1.0e+09", Format.number(1e9));
        assertEquals("NaN", Format.number(Double.NaN));
    }
}
