package dev.engram.cli;

import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.LoadOptions.DeviceChoice;
import picocli.CommandLine.Option;

/** Which model is opened, and how. */
final class ModelOptions {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            defaultValue = "${env:ENGRAM_MODEL:-default}",
            description = "\"default\", a GGUF file, a folder in Hugging Face layout, or a Hugging Face id"
                    + " (default: $$ENGRAM_MODEL, else default).")
    private String model;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            defaultValue = "auto",
            description = "Number format of the weights: f32, bf16, int8, int4 or auto (default: ${DEFAULT-VALUE}).")
    private String dtype;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description = "cpu, cuda or auto (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Threads of one computation; 0 takes the physical cores (default: ${DEFAULT-VALUE}).")
    private int threads;

    /** The name as it was given. */
    String model() {
        return model.isBlank() ? "default" : model;
    }

    /** How to open it; wrong values are refused here, before anything is read. */
    LoadOptions load() {
        return new LoadOptions(DType.parse(dtype), DeviceChoice.parse(device), threads);
    }

    CausalLm open(Streams streams) {
        LoadOptions options = load();
        try (OpeningNotice notice = OpeningNotice.start(model(), streams.err())) {
            return CausalLm.open(model, options);
        }
    }
}
