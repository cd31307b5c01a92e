package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Resident size stays flat: after a warm-up it may grow by 5 % and 16 MB at most. What the JVM itself takes is kept out by
 * collections before each look.
 */
public final class ResidentSize {
    private static final long ALLOWANCE_KB = 16 << 10;

    private ResidentSize() {}

    private static long residentKb() {
        try {
            // the second round frees what cleaners let go of after the first
            for (int i = 0; i < 2; i++) {
                System.gc();
                Thread.sleep(100);
            }
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(l -> l.startsWith("VmRSS:"))
                    .map(l -> l.replaceAll("\\D", ""))
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Resident sizes after single runs: large tensors come and go, so that one look may lie 16 MB off. */
    private static LongStream looks(Runnable action) {
        return IntStream.range(0, 4).mapToLong(i -> {
            action.run();
            return residentKb();
        });
    }

    /** Waits until collections no longer give back what earlier tests took; a high start would hide a leak. */
    private static void settle() {
        long last = Long.MAX_VALUE;
        for (int i = 0; i < 10; i++) {
            long now = residentKb();
            if (now > last - 2048) {
                return;
            }
            last = now;
        }
    }

    /** Runs the action so many times to warm up and then so many more; the most before, the least afterwards. */
    public static void flat(String what, int warm, int more, Runnable action) {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "resident size is read from /proc");
        for (int i = 0; i < warm; i++) {
            action.run();
        }
        settle();
        long before = looks(action).max().orElseThrow();
        for (int i = 0; i < more; i++) {
            action.run();
        }
        long after = looks(action).min().orElseThrow();
        System.out.printf("%s: %d kB after %d, %d kB after %d more%n", what, before, warm, after, more);
        assertTrue(
                after <= before * 1.05 + ALLOWANCE_KB,
                what + ": " + before + " kB after " + warm + ", " + after + " kB after " + more + " more");
    }
}
