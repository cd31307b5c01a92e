package dev.engram.dual.measure;

import dev.engram.dual.LmcodeExperiment;
import dev.engram.model.BadInputException;
import dev.engram.model.engine.NativeHeap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What an update of LMCODE's training takes: time, and the process's memory at its highest. Linux only, for its reset of the peak. */
public final class StepCost {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path RESET = Path.of("/proc/self/clear_refs");

    private StepCost() {}

    /**
     * One run.
     *
     * @param milliseconds an update, mean
     * @param mebibytes by which the process was larger at its peak than before the model was made
     */
    public record Row(String arm, int batch, long seed, double milliseconds, double mebibytes) {}

    /** Trains an arm for the experiment's updates. */
    public static Row of(LmcodeExperiment experiment, LmcodeExperiment.Arm arm, long seed) {
        System.gc();
        NativeHeap.trim(); // or this run would live in what an earlier one has freed
        double before = status("VmRSS");
        try {
            Files.writeString(RESET, "5");
        } catch (IOException e) {
            throw new BadInputException("The peak of memory cannot be reset in " + RESET + ": " + e.getMessage() + ".");
        }
        try (LmcodeExperiment.Run run = experiment.train(arm, seed)) {
            double seconds = run.curve().get(run.curve().size() - 1).seconds();
            return new Row(
                    arm.name(),
                    experiment.batch(),
                    seed,
                    1000 * seconds / experiment.steps(),
                    status("VmHWM") - before);
        }
    }

    private static double status(String field) {
        try {
            return Files.readAllLines(STATUS).stream()
                            .filter(line -> line.startsWith(field + ":"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .findFirst()
                            .orElseThrow(() -> new BadInputException(STATUS + " has no " + field + "; it needs Linux."))
                    / 1024.0;
        } catch (IOException e) {
            throw new BadInputException(
                    "The memory of this process cannot be read from " + STATUS + "; it needs Linux.");
        }
    }
}
