package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Function;
import com.sun.jna.Structure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * Resident size stays flat: after a warm-up it may grow by 5 % and 16 MB at most. What the JVM itself takes is kept out by
 * collections before each look. Sharper, and free of what the C library keeps of freed memory: the bytes that are allocated natively may
 * grow by 2 % and 2 MB.
 *
 * <p>What grows over 180 models that are opened and closed, from 219 to 222 MB: allocated bytes 56.0 → 55.7 MB, the JVM's own (native
 * memory tracking: code and classes) 103.9 → 106.5 MB, and free blocks inside the C library's arenas 53 → 70 MB, most of whose pages
 * are handed back. Nothing of a closed model stays.
 */
public final class ResidentSize {
    private static final long ALLOWANCE_KB = 16 << 10;
    private static final int ROUNDS = 3;

    private ResidentSize() {}

    /** What the C library has handed out and not got back, in small blocks and in mapped ones; 0 where it does not tell. */
    private static long allocatedKb() {
        try {
            MallInfo info = (MallInfo) Function.getFunction("c", "mallinfo2").invoke(MallInfo.class, new Object[0]);
            return (info.uordblks + info.hblkhd) >> 10;
        } catch (UnsatisfiedLinkError e) {
            return 0; // glibc before 2.33, or another library
        }
    }

    /** struct mallinfo2 of malloc.h. */
    @Structure.FieldOrder({
        "arena",
        "ordblks",
        "smblks",
        "hblks",
        "hblkhd",
        "usmblks",
        "fsmblks",
        "uordblks",
        "fordblks",
        "keepcost"
    })
    public static final class MallInfo extends Structure implements Structure.ByValue {
        public long arena;
        public long ordblks;
        public long smblks;
        public long hblks;
        public long hblkhd;
        public long usmblks;
        public long fsmblks;
        public long uordblks;
        public long fordblks;
        public long keepcost;
    }

    private record Look(long residentKb, long allocatedKb) {}

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
    private static List<Look> looks(Runnable action) {
        return IntStream.range(0, 4)
                .mapToObj(i -> {
                    action.run();
                    return new Look(residentKb(), allocatedKb());
                })
                .toList();
    }

    private static long most(List<Look> looks, ToLongFunction<Look> what) {
        return looks.stream().mapToLong(what).max().orElseThrow();
    }

    private static long least(List<Look> looks, ToLongFunction<Look> what) {
        return looks.stream().mapToLong(what).min().orElseThrow();
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

    /**
     * Runs the action so many times to warm up and then so many more; the most before, the least afterwards. A leak grows in every
     * round, what a JVM that is still compiling takes does not: only three rounds over the bounds in a row fail.
     */
    public static void flat(String what, int warm, int more, Runnable action) {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "resident size is read from /proc");
        for (int i = 0; i < warm; i++) {
            action.run();
        }
        List<Growth> rounds = new ArrayList<>();
        do {
            rounds.add(Growth.of(more, action));
            System.out.println(what + ": " + rounds.get(rounds.size() - 1));
        } while (!rounds.get(rounds.size() - 1).flat() && rounds.size() < ROUNDS);
        assertTrue(rounds.get(rounds.size() - 1).flat(), what + " grew in every round: " + rounds);
    }

    /** A round's most before and least afterwards, in kB. */
    private record Growth(long resident, long residentAfter, long allocated, long allocatedAfter) {
        static Growth of(int more, Runnable action) {
            settle();
            List<Look> start = looks(action);
            for (int i = 0; i < more; i++) {
                action.run();
            }
            List<Look> end = looks(action);
            return new Growth(
                    most(start, Look::residentKb),
                    least(end, Look::residentKb),
                    most(start, Look::allocatedKb),
                    least(end, Look::allocatedKb));
        }

        boolean flat() {
            return residentAfter <= resident * 1.05 + ALLOWANCE_KB && allocatedAfter <= allocated * 1.02 + 2048;
        }
    }
}
