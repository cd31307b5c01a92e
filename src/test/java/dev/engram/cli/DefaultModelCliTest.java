package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on the real default model. */
@Tag("default-model")
class DefaultModelCliTest {
    @TempDir
    private Path folder;

    @Test
    void generateAnswers() {
        JsonObject json = Cli.run(
                        // The two likeliest first tokens are close, and bf16 rounding can swap them.
                        "generate",
                        "--json",
                        "--dtype",
                        "f32",
                        "--threads",
                        "1",
                        "--prompt",
                        "What is the capital of France?")
                .json();
        assertTrue(json.get("generated_text").getAsString().contains("Paris"), json.toString());
        assertEquals("default", json.get("model").getAsString());
        assertTrue(json.get("num_tokens").getAsInt() < 50);
    }

    @Test
    void forcedLengthIsExact() {
        JsonObject json = Cli.run(
                        "generate",
                        "--json",
                        "--threads",
                        "1",
                        "--prompt",
                        "Say hi.",
                        "--max_tokens",
                        "40",
                        "--force_exact_length")
                .json();
        assertEquals(40, json.get("num_tokens").getAsInt());
        assertTrue(json.get("full_text").getAsString().contains("Say hi."));
    }

    @Test
    void memoryEnhancedForgetsWithin200Tokens() {
        JsonObject json = Cli.run(
                        "generate",
                        "--json",
                        "--threads",
                        "1",
                        "--mode",
                        "memory_enhanced",
                        "--prompt",
                        "Tell me how tides come about.",
                        "--max_tokens",
                        "200",
                        "--force_exact_length")
                .json();
        assertTrue(json.get("cache_deletion_percentage").getAsDouble() > 0, json.toString());
        assertTrue(json.getAsJsonObject("layer_lengths").get("min").getAsInt() >= 36, json.toString());
    }

    @Test
    void perplexityOfEnglishIsLow() throws IOException {
        Path file = Files.writeString(
                folder.resolve("text.txt"),
                "The tide comes in twice a day. When the water is high, the boats can leave the harbour and"
                        + " the fishermen go out to sea. When it is low, the children look for crabs between the stones.");
        JsonObject json = Cli.run("perplexity", "--file", file.toString(), "--dtype", "f32", "--threads", "1", "--json")
                .json();
        int tokens = json.get("tokens").getAsInt();
        assertEquals(tokens, json.getAsJsonArray("token_ids").size());
        assertEquals(tokens - 1, json.getAsJsonArray("logprobs").size());
        double perplexity = json.get("perplexity").getAsDouble();
        assertTrue(perplexity > 3 && perplexity < 40, "perplexity " + perplexity);
        JsonObject part = Cli.run(
                        "perplexity",
                        "--file",
                        file.toString(),
                        "--dtype",
                        "f32",
                        "--threads",
                        "1",
                        "--json",
                        "--max_tokens",
                        "10")
                .json();
        assertEquals(9, part.getAsJsonArray("logprobs").size());
    }

    @Test
    void chatRemembersTheTurnBefore() {
        String out = Cli.piped(
                        "My cat is called Marmalade.\nWhat is the name of my cat?\n",
                        "chat",
                        "--dtype",
                        "f32",
                        "--threads",
                        "1",
                        "--max_tokens",
                        "40")
                .ok()
                .out();
        assertTrue(out.substring(out.indexOf('\n')).contains("Marmalade"), out);
    }
}
