package dev.engram.cli;

import dev.engram.model.GenerationConfig;
import java.io.PrintStream;
import picocli.CommandLine.Option;

/** How the next token is chosen. */
final class SamplingOptions {
    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "0",
            description = "0 always takes the likeliest token; above 0 tokens are drawn (default: ${DEFAULT-VALUE}).")
    private double temperature;

    @Option(names = "--top_k", paramLabel = "K", description = "Draw among the K likeliest tokens only.")
    private Integer topK;

    @Option(
            names = "--top_p",
            paramLabel = "P",
            description = "Draw among the likeliest tokens that together have probability P.")
    private Double topP;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of the drawing; the same seed draws the same text (default: 0).")
    private Long seed;

    /** The settings of a generation; values out of range are refused. */
    GenerationConfig config(int maxTokens) {
        return GenerationConfig.greedy(maxTokens)
                .withTemperature(temperature)
                .withTopK(topK == null ? 0 : topK)
                .withTopP(topP == null ? 1 : topP)
                .withSeed(seed == null ? 0 : seed);
    }

    /** Says so if a flag was given that greedy choice does not read. */
    void remark(PrintStream err) {
        if (temperature == 0 && (topK != null || topP != null || seed != null)) {
            err.println("Note: --top_k, --top_p and --seed act only with --temperature above 0.");
        }
    }
}
