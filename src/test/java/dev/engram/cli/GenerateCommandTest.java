package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.TinyModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every flag of {@code generate}, on a tiny model. */
class GenerateCommandTest {
    @TempDir
    private static Path folder;

    private static String model;

    @BeforeAll
    static void writeModel() throws IOException {
        model = TinyModel.write(folder.resolve("tiny")).toString();
    }

    private static String[] generate(String... more) {
        return Stream.concat(
                        Stream.of("generate", "--model", model, "--dtype", "f32", "--threads", "1"),
                        Arrays.stream(more))
                .toArray(String[]::new);
    }

    private static JsonObject json(String... more) {
        return Cli.run(generate(
                        Stream.concat(Stream.of("--json"), Arrays.stream(more)).toArray(String[]::new)))
                .json();
    }

    private static String generated(String... more) {
        return json(more).get("generated_text").getAsString();
    }

    @Test
    void streamsTheTextAndSaysTheSpeed() {
        Cli.Result result =
                Cli.run(generate("--prompt", "hello", "--max_tokens", "12")).ok();
        assertEquals(generated("--prompt", "hello", "--max_tokens", "12") + System.lineSeparator(), result.out());
        assertEquals(1, result.err().lines().count(), result.err());
        assertTrue(result.err().matches("(?s)12 tokens in .* tokens/s .*f32 on cpu.*"), result.err());
    }

    @Test
    void textComesWhileItIsGenerated() {
        int[] flushes = new int[1];
        OutputStream counting = new ByteArrayOutputStream() {
            @Override
            public void flush() {
                flushes[0]++;
            }
        };
        Streams streams = Cli.streams("", false, counting, new ByteArrayOutputStream(), new Interrupt());
        assertEquals(0, Engram.run(streams, generate("--prompt", "hello", "--max_tokens", "30")));
        assertTrue(flushes[0] > 5, flushes[0] + " flushes");
    }

    @Test
    void jsonHasTheFieldsAndNothingElseIsPrinted() {
        JsonObject json = json("--prompt", "hello", "--force_exact_length");
        assertEquals(
                List.of(
                        "generated_text",
                        "full_text",
                        "num_tokens",
                        "prompt_tokens",
                        "generation_time",
                        "prefill_time",
                        "tokens_per_second",
                        "generation_mode",
                        "cache_deletion_percentage",
                        "bytes_held",
                        "bytes_peak",
                        "bytes_full",
                        "layer_lengths",
                        "model",
                        "dtype",
                        "device"),
                List.copyOf(json.keySet()));
        assertEquals(50, json.get("num_tokens").getAsInt());
        assertEquals("baseline", json.get("generation_mode").getAsString());
        assertEquals(model, json.get("model").getAsString());
        assertEquals("f32", json.get("dtype").getAsString());
        assertEquals("cpu", json.get("device").getAsString());
        assertEquals(0, json.get("cache_deletion_percentage").getAsDouble());
        assertEquals(json.get("bytes_full"), json.get("bytes_held"));
        assertEquals(
                json.get("prompt_tokens").getAsInt() + 49,
                json.getAsJsonObject("layer_lengths").get("min").getAsInt());
        String text = json.get("full_text").getAsString();
        assertTrue(text.endsWith(json.get("generated_text").getAsString()));
        assertTrue(text.contains("hello"));
        double seconds = json.get("generation_time").getAsDouble();
        assertTrue(seconds > json.get("prefill_time").getAsDouble());
        assertEquals(50 / seconds, json.get("tokens_per_second").getAsDouble(), 1e-6);
    }

    @Test
    void rawContinuesTheTextAndTheTemplateWrapsIt() {
        JsonObject raw = json("--prompt", "hello", "--raw");
        assertEquals(5, raw.get("prompt_tokens").getAsInt());
        assertTrue(raw.get("full_text").getAsString().startsWith("hello"));
        JsonObject chat = json("--prompt", "hello", "--system", "Be brief.");
        assertTrue(
                chat.get("full_text")
                        .getAsString()
                        .startsWith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nhello<|im_end|>\n"
                                + "<|im_start|>assistant\n"),
                chat.toString());
    }

    @Test
    void promptComesFromStandardInput() {
        String expected = generated("--prompt", "piped text", "--raw");
        for (String[] flags : new String[][] {{"--prompt", "-"}, {}}) {
            String[] args = generate(Stream.concat(Stream.of("--raw", "--json"), Arrays.stream(flags))
                    .toArray(String[]::new));
            JsonObject json = Cli.piped("piped text\n", args).json();
            assertEquals(expected, json.get("generated_text").getAsString());
            assertEquals(10, json.get("prompt_tokens").getAsInt());
        }
    }

    @Test
    void samplingFollowsTheSeed() {
        String greedy = generated("--prompt", "hello");
        assertEquals(greedy, generated("--prompt", "hello", "--temperature", "0"));
        String first = generated("--prompt", "hello", "--temperature", "1.5", "--seed", "1");
        assertEquals(first, generated("--prompt", "hello", "--temperature", "1.5", "--seed", "1"));
        assertNotEquals(first, generated("--prompt", "hello", "--temperature", "1.5", "--seed", "2"));
        // One candidate leaves nothing to draw, however it is chosen.
        assertEquals(greedy, generated("--prompt", "hello", "--temperature", "1.5", "--top_k", "1"));
        assertEquals(greedy, generated("--prompt", "hello", "--temperature", "1.5", "--top_p", "1e-9"));
    }

    @Test
    void saysThatGreedyChoiceIgnoresSamplingFlags() {
        String err = Cli.run(generate("--prompt", "a", "--max_tokens", "2", "--top_p", "0.9"))
                .ok()
                .err();
        assertTrue(err.contains("--temperature"), err);
    }

    @Test
    void endOfTextEndsItUnlessTheLengthIsForced() throws IOException {
        int first;
        try (CausalLm lm = CausalLm.open(
                model, LoadOptions.defaults().withDtype(LoadOptions.DType.F32).withThreads(1))) {
            first = lm.generate("hello", GenerationConfig.greedy(1)).ids().get(0);
        }
        String ending = TinyModel.write(folder.resolve("ending"), TinyModel.CONTEXT, first)
                .toString();
        String[] args = {
            "generate", "--model", ending, "--dtype", "f32", "--raw", "--prompt", "hello", "--max_tokens", "9", "--json"
        };
        assertEquals(1, Cli.run(args).json().get("num_tokens").getAsInt());
        String[] exact = Stream.concat(Arrays.stream(args), Stream.of("--force_exact_length"))
                .toArray(String[]::new);
        assertEquals(9, Cli.run(exact).json().get("num_tokens").getAsInt());
    }

    @Test
    void verboseTellsWhereTimeAndMemoryWent() {
        Cli.Result result = Cli.run(generate("--prompt", "hello", "--max_tokens", "8", "--verbose"))
                .ok();
        for (String word :
                new String[] {"prefill", "decode", "kernels   f32[", "weights", "threads   1", "cache", "held"}) {
            assertTrue(result.err().contains(word), "'" + word + "' is not in: " + result.err());
        }
        assertFalse(result.out().contains("prefill"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "bf16", "int8", "int4"})
    void everyNumberFormatRuns(String dtype) {
        JsonObject json = Cli.run("generate", "--model", model, "--dtype", dtype, "--prompt", "hi", "--json")
                .json();
        assertEquals(dtype, json.get("dtype").getAsString());
    }

    @Test
    void theContextLimitsTheLength() {
        Cli.Result result = Cli.run(generate("--raw", "--prompt", "a".repeat(250), "--max_tokens", "50"))
                .ok();
        assertTrue(result.err().startsWith("7 tokens"), result.err()); // 256 - 250, and one that is never fed
        assertTrue(result.err().contains("context of 256 tokens is full"), result.err());
        Cli.run(generate("--raw", "--prompt", "a".repeat(250), "--max_tokens", "50", "--force_exact_length"))
                .refused("--max_tokens is 50", "room for 7");
        assertEquals(
                7,
                json("--raw", "--prompt", "a".repeat(250), "--max_tokens", "7", "--force_exact_length")
                        .get("num_tokens")
                        .getAsInt());
    }

    @Test
    void interruptionEndsTheLineAndTheExitCodeSaysSo() {
        Interrupt interrupt = new Interrupt();
        ByteArrayOutputStream out = new ByteArrayOutputStream() {
            @Override
            public void write(byte[] bytes, int from, int length) {
                super.write(bytes, from, length);
                interrupt.ask();
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Streams streams = Cli.streams("", false, out, err, interrupt);
        assertEquals(130, Engram.run(streams, generate("--prompt", "hello", "--max_tokens", "100")));
        assertTrue(Cli.text(out).endsWith(System.lineSeparator()));
        assertFalse(Cli.text(err).startsWith("100 tokens"), Cli.text(err));
        assertEquals(1, Cli.text(err).lines().count());
    }

    @Test
    void aReaderThatLeavesEndsItWithoutAWord() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Streams streams = Cli.streams("", false, failing("Broken pipe"), err, new Interrupt());
        assertEquals(141, Engram.run(streams, generate("--prompt", "hello", "--max_tokens", "100")));
        assertFalse(Cli.text(err).contains("engram:"), Cli.text(err));
        assertFalse(Cli.text(err).startsWith("100 tokens"), Cli.text(err));
    }

    @Test
    void aFullDiskIsNamed() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Streams streams = Cli.streams("", false, failing("No space left on device"), err, new Interrupt());
        assertEquals(2, Engram.run(streams, generate("--prompt", "hello", "--json")));
        assertTrue(Cli.text(err).contains("engram: Standard output cannot be written (No space left on device)"));
    }

    private static OutputStream failing(String message) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException(message);
            }
        };
    }
}
