package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.Table;

/** A part that is there is read, and not made again. */
class PartsTest {
    private record Row(String arm, double value) {}

    @TempDir
    Path home;

    private final AtomicInteger runs = new AtomicInteger();

    private Table rows() {
        runs.incrementAndGet();
        return Tables.of("rows", List.of(new Row("a, b", 0.1 + runs.get()), new Row("c", Double.NaN)));
    }

    @Test
    void aPartIsMadeOnceUntilItIsDone() {
        Parts parts = Parts.of(home, "some-run", Profile.QUICK, 40, 1L);
        Table first = parts.part("arm 1", this::rows);
        assertEquals(1.1, parts.part("arm 1", this::rows).row(0).getDouble("value"));
        assertEquals("a, b", first.row(0).getString("arm"));
        assertEquals(1, runs.get());
        parts.part("arm: 1", this::rows); // another name, though its letters are the same
        assertEquals(2, runs.get());
        Parts.of(home, "some-run", Profile.QUICK, 41, 1L).part("arm 1", this::rows); // other settings
        assertEquals(3, runs.get());
        parts.done();
        parts.done();
        assertFalse(Files.exists(parts.folder()));
        parts.part("arm 1", this::rows);
        assertEquals(4, runs.get());
    }

    @Test
    void nothingIsKeptWithoutAFolder() {
        Parts.none().part("arm", this::rows);
        Parts.none().part("arm", this::rows);
        Parts.none().done();
        assertEquals(2, runs.get());
    }
}
