package dev.engram.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much larger the process became at most since a moment, as Linux counts resident memory; NaN elsewhere. */
final class PeakMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path RESET = Path.of("/proc/self/clear_refs");
    private static final double KB_PER_MB = 1024;

    private final double start;

    private PeakMemory(double start) {
        this.start = start;
    }

    /** Begins to watch: the process's peak is set back to what it holds now. */
    static PeakMemory start() {
        try {
            Files.writeString(RESET, "5");
            return new PeakMemory(read("VmRSS:"));
        } catch (IOException e) {
            return new PeakMemory(Double.NaN);
        }
    }

    /** Growth at the peak since then, MB. */
    double megabytes() {
        try {
            return Double.isNaN(start) ? Double.NaN : Math.max(0, read("VmHWM:") - start);
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    private static double read(String key) throws IOException {
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(key))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / KB_PER_MB)
                .findFirst()
                .orElse(Double.NaN);
    }
}
