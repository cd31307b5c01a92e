package dev.engram.cli;

import ai.djl.engine.Engine;
import com.sun.management.OperatingSystemMXBean;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.ModelSource;
import dev.engram.report.Format;
import dev.engram.report.Machine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code check}: what the engine finds on this machine. The launcher's own check comes before it and covers the tools. */
@Command(name = "check", description = "Says what the engine finds on this machine, what is missing and how to get it.")
final class CheckCommand implements Callable<Integer> {
    private static final long MEMORY_NEEDED = 2_000_000_000L;
    private static final long DISK_NEEDED = 500_000_000L;

    @ParentCommand
    private Engram engram;

    @Option(names = "--verbose", description = "Show where an unexpected fault happened.")
    private boolean verbose;

    private int missing;

    @Override
    public Integer call() {
        row(
                "java",
                "ok",
                System.getProperty("java.version") + ", heap up to "
                        + Format.bytes(Runtime.getRuntime().maxMemory()));
        row("machine", "ok", Machine.here().cpu() + ", " + System.getProperty("os.name"));
        if (engine()) {
            device();
            threads();
        }
        model();
        memory();
        disk();
        if (missing > 0) {
            engram.streams().out().println("Missing: " + missing + ". The lines with -> say how to get it.");
        }
        return missing == 0 ? 0 : 1;
    }

    private boolean engine() {
        try {
            Engine engine =
                    Torch.manager(dev.engram.model.LoadOptions.DeviceChoice.CPU).getEngine();
            row("engine", "ok", "DJL " + Engine.getDjlVersion() + " with PyTorch " + engine.getVersion());
            return true;
        } catch (RuntimeException | LinkageError e) {
            missing(
                    "engine",
                    "PyTorch does not start (" + e.getMessage() + ")",
                    "free 500 MB in DJL_CACHE_DIR or your home, where its files are unpacked, or give other natives with"
                            + " mvn -Dpytorch.platform=...");
            return false;
        }
    }

    private void device() {
        int gpus = Engine.getEngine("PyTorch").getGpuCount();
        row("device", "ok", gpus == 0 ? "cpu (no CUDA device is found, none is needed)" : "cuda, " + gpus + " found");
    }

    private void threads() {
        int cores = Torch.physicalCores();
        String text = cores + " physical cores, " + Runtime.getRuntime().availableProcessors() + " logical";
        double gain = ThreadGain.measure();
        if (cores < 2) {
            row("threads", "ok", text);
        } else if (gain < ThreadGain.QUIET) {
            row(
                    "threads",
                    "busy",
                    text
                            + String.format(
                                    Locale.ROOT,
                                    "; two threads compute %.1f times as fast as one, so others use the cores: --threads 1 may be faster"
                                            + " now, and speeds measured now mean little",
                                    gain));
        } else {
            row(
                    "threads",
                    "ok",
                    text + String.format(Locale.ROOT, "; two threads compute %.1f times as fast as one", gain));
        }
    }

    private void model() {
        Optional<Path> model = ModelSource.defaultModel();
        if (model.isEmpty()) {
            missing(
                    "model",
                    "the default model is not there",
                    "run ./engram setup, or set ENGRAM_MODEL_PATH to a model");
            return;
        }
        row("model", "ok", model.get() + ", " + Format.bytes(size(model.get())));
    }

    private static long size(Path model) {
        try (Stream<Path> files = Files.walk(model)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(f -> f.toFile().length())
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }

    private void memory() {
        long total =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        long free = Math.min(total, availableMemory());
        String text = Format.bytes(free) + " of " + Format.bytes(total) + " free";
        if (free < MEMORY_NEEDED) {
            missing("memory", text + ", " + Format.bytes(MEMORY_NEEDED) + " are needed", "end other programs");
        } else {
            row("memory", "ok", text);
        }
    }

    /** Memory that programs can still get; what caches hold counts as free. */
    private static long availableMemory() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
            return lines.filter(l -> l.startsWith("MemAvailable:"))
                    .mapToLong(l -> 1024 * Long.parseLong(l.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(Long.MAX_VALUE);
        } catch (IOException e) {
            return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                    .getFreeMemorySize();
        }
    }

    private void disk() {
        String home = System.getenv("ENGRAM_HOME");
        Path folder = Path.of(home == null || home.isBlank() ? "" : home).toAbsolutePath();
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            String text = Format.bytes(free) + " free for results";
            if (free < DISK_NEEDED) {
                missing("disk", text, "free some space on the disk of " + folder);
            } else {
                row("disk", "ok", text);
            }
        } catch (IOException e) {
            missing("disk", folder + " cannot be asked for its free space", "set ENGRAM_HOME to the project's folder");
        }
    }

    private void row(String name, String status, String text) {
        engram.streams().out().printf(Locale.ROOT, "  %-10s %-9s %s%n", name, status, text);
    }

    private void missing(String name, String text, String remedy) {
        row(name, "MISSING", text);
        engram.streams().out().printf(Locale.ROOT, "  %-20s -> %s%n", "", remedy);
        missing++;
    }
}
