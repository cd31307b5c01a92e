package dev.engram.cli;

import ai.djl.engine.Engine;
import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.engine.Torch;
import dev.engram.report.Format;
import dev.engram.report.Machine;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/**
 * {@code check}: whether the engine starts here and what it computes with. Tools, memory, disk, model and what is set up are
 * covered by the launcher's own check (environment/check.sh), which runs first.
 */
@Command(name = "check", description = "Says what the engine finds on this machine, what is missing and how to get it.")
final class CheckCommand implements Callable<Integer> {
    @ParentCommand
    private Engram engram;

    @Option(names = "--verbose", description = "Show where an unexpected fault happened.")
    private boolean verbose;

    @Override
    public Integer call() {
        row("heap", "ok", "up to " + Format.bytes(Runtime.getRuntime().maxMemory()));
        row("cpu", "ok", Machine.here().cpu());
        if (!engine()) {
            return 1;
        }
        device();
        threads();
        return 0;
    }

    private boolean engine() {
        try {
            Engine engine = Torch.manager(DeviceChoice.CPU).getEngine();
            row("engine", "ok", "DJL " + Engine.getDjlVersion() + " with PyTorch " + engine.getVersion());
            return true;
        } catch (RuntimeException | LinkageError e) {
            row("engine", "MISSING", "PyTorch does not start (" + e.getMessage() + ")");
            engram.streams()
                    .out()
                    .printf(
                            "  %-20s -> %s%n",
                            "",
                            "free 500 MB in DJL_CACHE_DIR or your home, where its files are unpacked, or give other natives"
                                    + " with mvn -Dpytorch.platform=...");
            return false;
        }
    }

    private void device() {
        int gpus = Engine.getEngine("PyTorch").getGpuCount();
        row("device", "ok", gpus == 0 ? "cpu (no CUDA device is found, none is needed)" : "cuda, " + gpus + " found");
    }

    private void threads() {
        int cores = Torch.physicalCores();
        String text = cores + (cores == 1 ? " physical core" : " physical cores");
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

    private void row(String name, String status, String text) {
        engram.streams().out().printf(Locale.ROOT, "  %-10s %-9s %s%n", name, status, text);
    }
}
