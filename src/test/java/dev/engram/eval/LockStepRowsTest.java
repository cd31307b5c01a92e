package dev.engram.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.model.Decoder;
import dev.engram.model.Tiny;
import dev.engram.report.Csv;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.Table;

/** A comparison that is stopped and continued, and what its rows say. */
class LockStepRowsTest {
    private static final int N = 60;
    private static final int BLOCK = 16;

    @TempDir
    private Path folder;

    private int made;

    private LockStepRows.Arm arm(int budget) {
        return new LockStepRows.Arm("recent", budget / 100.0, "equal", ids -> {
            made++;
            return new TestPolicies.Recent(budget);
        });
    }

    @Test
    void continuesWhereItStoppedAndAgreesWithTheScores() {
        Path file = folder.resolve("rows.csv");
        try (Decoder decoder = Tiny.decoder()) {
            List<int[]> windows = List.of(Tiny.ids(N), reversed(Tiny.ids(N)));
            LockStep lock = new LockStep(decoder);
            new LockStepRows(file, BLOCK).measure(lock, windows.subList(0, 1), List.of(arm(20)), 8, () -> {});
            LockStepRows rows = new LockStepRows(file, BLOCK);
            assertEquals(0, rows.missing(0, List.of(arm(20))).size());
            assertEquals(1, rows.missing(1, List.of(arm(20))).size());
            made = 0;
            rows.measure(lock, windows, List.of(arm(20), arm(40)), 1, () -> {});
            assertEquals(3, made, "readings that were missing");

            Table saved = Csv.read(file);
            assertEquals(4 * 2 * 3, saved.rowCount(), "four blocks of two windows, two arms and the full cache");
            double[] full = LockStepRows.units(saved, "full", 1, "", "nll");
            double[] own = LockStepRows.units(saved, "recent", 0.2, "equal", "kl");
            for (int w = 0; w < 2; w++) {
                List<Score> scores =
                        lock.stream(windows.get(w), java.util.Map.of("recent", () -> new TestPolicies.Recent(20)));
                assertEquals(scores.get(0).meanNll(), full[w], 1e-4);
                assertEquals(scores.get(1).meanKl(), own[w], 1e-4);
            }
            double[] depth = LockStepRows.byDepth(saved, "recent", 0.2, "equal", "kl");
            assertEquals(4, depth.length);
            double sum = BLOCK * (depth[0] + depth[1] + depth[2]) + (N - 1 - 3 * BLOCK) * depth[3];
            assertEquals((own[0] + own[1]) / 2 * (N - 1), sum, 1e-3);
        }
    }

    @Test
    void aSingleWindowGivesItsBlocks() {
        Path file = folder.resolve("rows.csv");
        try (Decoder decoder = Tiny.decoder()) {
            LockStepRows rows = new LockStepRows(file, BLOCK);
            rows.measure(new LockStep(decoder), List.of(Tiny.ids(N)), List.of(arm(20)), 8, () -> {});
            double[] nll = rows.table()
                    .where(rows.table().stringColumn("policy").isEqualTo("recent"))
                    .doubleColumn("nll")
                    .asDoubleArray();
            assertArrayEquals(nll, LockStepRows.units(rows.table(), "recent", 0.2, "equal", "nll"), 1e-12);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> LockStepRows.units(rows.table(), "recent", 0.3, "equal", "nll"));
        }
    }

    private static int[] reversed(int[] ids) {
        int[] back = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            back[i] = ids[ids.length - 1 - i];
        }
        return back;
    }
}
