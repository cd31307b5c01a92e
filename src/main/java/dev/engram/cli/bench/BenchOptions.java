package dev.engram.cli.bench;

import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.ModelSource;
import dev.engram.report.Checkout;
import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What all measurements on a model have in common: the model, its threads, and where rows go. */
final class BenchOptions {
    @Option(names = "--model", description = "Model to measure; default: ENGRAM_MODEL, else the default model.")
    String model = System.getenv().getOrDefault("ENGRAM_MODEL", ModelSource.DEFAULT);

    @Option(names = "--threads", description = "Threads of every contestant; default: the physical cores.")
    int threads;

    int threads() {
        return threads > 0 ? threads : Torch.physicalCores();
    }

    /** How the model is opened in a number format. */
    LoadOptions load(DType dtype) {
        return LoadOptions.defaults().withDtype(dtype).withThreads(threads());
    }

    /** Where a run that can be continued keeps its rows: {@code out} where given, else results/NAME/PROFILE. */
    static Path folder(Path out, String name) {
        return out != null
                ? out
                : Checkout.folder()
                        .resolve("results")
                        .resolve(name)
                        .resolve(Profile.fromEnvironment().key());
    }

    /** Where the results go: results/NAME/PROFILE. */
    RunFolder results(String name) {
        RunFolder run = RunFolder.open(Checkout.folder().resolve("results"), name, Profile.fromEnvironment(), 0);
        run.setting("model", model).setting("threads", threads());
        return run;
    }

    /** Command line of a peer's worker on the model file. */
    List<String> worker(String python, String script) {
        Path file = Checkout.folder().resolve("environment/peers").resolve(script);
        Path weights = model.equals(ModelSource.DEFAULT)
                ? ModelSource.defaultModel()
                        .orElseThrow(
                                () -> new BadInputException("The default model is not set up; run ./engram setup."))
                : Path.of(model);
        if (!Files.exists(file) || !Files.exists(weights)) {
            throw new BadInputException(
                    "The peers need " + file + " and a model file, but " + (Files.exists(file) ? weights : file)
                            + " does not exist; run from the checkout with a local model.");
        }
        return new ArrayList<>(List.of(
                python, file.toString(), "--model", weights.toString(), "--threads", Integer.toString(threads())));
    }
}
