package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import dev.engram.model.TinyModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be used is refused with one sentence that names it and the remedy, and with exit code 2. */
class RefusalTest {
    @TempDir
    private static Path folder;

    private static Path tiny;

    @BeforeAll
    static void writeModel() throws IOException {
        tiny = TinyModel.write(folder.resolve("tiny"));
    }

    /** A fresh copy of the model, to be damaged. */
    private static Path copy(String name) throws IOException {
        Path to = Files.createDirectories(folder.resolve(name));
        try (Stream<Path> files = Files.list(tiny)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return to;
    }

    private static Path golden(String name) throws URISyntaxException {
        return Path.of(RefusalTest.class.getResource("/golden/" + name).toURI());
    }

    private static Cli.Result generate(Path model, String... more) {
        return Cli.run(Stream.concat(
                        Stream.of("generate", "--model", model.toString(), "--prompt", "hello", "--max_tokens", "3"),
                        Arrays.stream(more))
                .toArray(String[]::new));
    }

    private static void truncate(Path from, Path to) throws IOException {
        byte[] bytes = Files.readAllBytes(from);
        Files.write(to, Arrays.copyOf(bytes, bytes.length / 2));
    }

    @Test
    void damagedModels() throws Exception {
        Path gguf = folder.resolve("half.gguf");
        truncate(golden("gguf/llama.gguf"), gguf);
        generate(gguf).refused("half.gguf");
        Path half = copy("half");
        truncate(tiny.resolve("model.safetensors"), half.resolve("model.safetensors"));
        generate(half).refused("model.safetensors");
        Path empty = Files.createFile(folder.resolve("empty.gguf"));
        generate(empty).refused("empty.gguf");
        Path broken = copy("broken");
        Files.writeString(broken.resolve("tokenizer.json"), "{ \"model\": ");
        generate(broken).refused("tokenizer.json");
    }

    @Test
    void modelsThatCannotBeUsed() throws Exception {
        Path gpt2 = copy("gpt2");
        Path config = gpt2.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"llama\"", "\"gpt2\""));
        generate(gpt2).refused("gpt2", "config.json");
        generate(golden("tiny/llama")).refused("tokenizer.json");
        Path plain = copy("plain");
        Files.delete(plain.resolve("chat_template.jinja"));
        generate(plain).refused("no chat template", "--raw");
        generate(plain, "--raw", "--dtype", "f32").ok();
        generate(tiny.resolve("model.safetensors")).refused("model.safetensors", "config.json");
        generate(Files.createDirectories(folder.resolve("nothing"))).refused("nothing", "config.json");
        generate(folder.resolve("absent.gguf")).refused("absent.gguf", "does not exist");
        Cli.run("generate", "--model", "no such model", "--prompt", "a").refused("no such model", "does not exist");
    }

    @Test
    void cudaWithoutADevice() {
        Assumptions.assumeTrue(Engine.getEngine("PyTorch").getGpuCount() == 0, "there is a CUDA device");
        generate(tiny, "--device", "cuda").refused("--device is cuda", "--device cpu");
    }

    @Test
    void promptsThatDoNotFit() {
        Cli.run("generate", "--model", tiny.toString(), "--dtype", "f32", "--prompt", "word ".repeat(80))
                .refused("context", "256");
        generate(tiny, "--raw", "--system", "x").refused("--system", "--raw");
        Cli.run("generate", "--model", tiny.toString(), "--prompt", "").refused("prompt is empty", "--prompt");
        Cli.run("generate", "--model", tiny.toString(), "--prompt", "", "--raw").refused("prompt is empty");
        Cli.run("generate", "--model", tiny.toString(), "--prompt", "  \n").refused("prompt is empty");
        Cli.piped("", "generate", "--model", tiny.toString()).refused("prompt is empty");
        Cli.typed("", "generate", "--model", tiny.toString()).refused("--prompt", "pipe");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--policy lru                                      | There is no policy 'lru'; choose one of full, random",
                "--hard_delete_threshold 0                         | --hard_delete_threshold is 0.0",
                "--hard_delete_threshold 1                         | --hard_delete_threshold is 1.0",
                "--hard_delete_threshold NaN                       | --hard_delete_threshold is NaN",
                "--hard_delete_threshold low                       | --hard_delete_threshold is 'low', which is not a number",
                "--hard_delete_threshold 0.1 --policy window       | the policy window deletes by none",
                "--hard_delete_threshold 0.1 --policy ebbinghaus-soft | the policy ebbinghaus-soft deletes by none",
                "--budget 35                                       | budget of 35 tokens is below the 36 protected",
                "--budget 40 --sinks 9                             | budget of 40 tokens is below the 41 protected",
                "--budget plenty                                   | 'plenty' is no budget",
                "--budget 0                                        | budget of 0.0 tokens is no part",
                "--budget 150%                                     | budget of 1.5 share is no part",
                "--sinks -1                                        | sinks (-1)",
                "--every 0                                         | every (0)",
                "--policy window                                   | window deletes nothing without a budget",
                "--policy full --budget 64                         | full keeps everything",
                "--pyramid                                         | add --budget",
                "--soft --policy window                            | --soft is a form of --policy ebbinghaus"
            })
    void waysOfForgettingThatContradict(String flags, String sentence) {
        String[] both = ("--mode memory_enhanced " + flags.strip()).split(" ");
        generate(tiny, both).refused(sentence.strip());
        generate(tiny, ("--compare " + flags.strip()).split(" ")).refused(sentence.strip());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--policy window --mode baseline       | --policy says how to forget",
                "--hard_delete_threshold 0.1           | --hard_delete_threshold says how to forget",
                "--budget 64                           | --budget says how to forget",
                "--sinks 2                             | --sinks says how to forget",
                "--recent 2                            | --recent says how to forget",
                "--every 2                             | --every says how to forget",
                "--rebase                              | --rebase says how to forget",
                "--pyramid                             | --pyramid says how to forget",
                "--soft                                | --soft says how to forget",
                "--compare --mode baseline             | --compare runs both modes",
                "--compare --return_attention_weights  | --return_attention_weights costs time"
            })
    void modesThatContradict(String flags, String sentence) {
        generate(tiny, flags.strip().split(" ")).refused(sentence.strip());
    }

    @Test
    void aCacheThatForgetsStillEndsAtTheContext() {
        Cli.run(
                        "generate",
                        "--model",
                        tiny.toString(),
                        "--dtype",
                        "f32",
                        "--mode",
                        "memory_enhanced",
                        "--prompt",
                        "word ".repeat(80))
                .refused("context", "256", "--rebase");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--mode fast           | --mode is 'fast'",
                "--dtype f64           | --dtype is 'f64'",
                "--device tpu          | --device is 'tpu'",
                "--threads -1          | --threads is -1",
                "--threads two         | --threads is 'two', which is not a whole number",
                "--temperature -1      | --temperature is -1.0",
                "--temperature NaN     | --temperature is NaN",
                "--temperature warm    | --temperature is 'warm', which is not a number",
                "--top_p 0             | --top_p is 0.0",
                "--top_p 1.1           | --top_p is 1.1",
                "--top_p NaN           | --top_p is NaN",
                "--top_k -1            | --top_k is -1",
                "--top_k 1.5           | --top_k is '1.5', which is not a whole number",
                "--seed x              | --seed is 'x', which is not a whole number",
                "--promt hi            | Unknown option '--promt'; did you mean --prompt",
                "--bar=1               | Unknown option '--bar'",
                "--json extra          | Unexpected word 'extra'; a text is given with --prompt",
                "--system              | --system needs a value",
                "--raw --raw           | --raw is given twice",
                "--system --raw        | --system needs a value"
            })
    void wrongFlags(String flags, String sentence) {
        generate(tiny, flags.strip().split(" ")).refused(sentence.strip());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "generate --prompt a --max_tokens 0           | --max_tokens is 0",
                "generate --prompt a --max_tokens -5          | --max_tokens is -5",
                "generate --prompt a --max_tokens 99999999999 | --max_tokens is '99999999999', which is not a whole number",
                "generate --prompt a --prompt b               | --prompt is given twice",
                "genrate --prompt a                           | did you mean generate",
                "reproduce --only 02                          | run ./engram reproduce",
                "lab                                          | run ./engram lab",
                "test --long                                  | run ./engram test",
                "setup                                        | run ./engram setup",
                "clean                                        | run ./engram clean",
                "perplexity                                   | --file is missing",
                "perplexity --file absent.txt                 | --file is 'absent.txt', which does not exist",
                "perplexity --file src                        | --file is 'src', which is a folder",
                "perplexity --file pom.xml --max_tokens 1     | --max_tokens is 1",
                "tokenize --text a --file b                   | --text and --file",
                "tokenize --file absent.txt                   | absent.txt",
                "chat --temperature -1                        | --temperature is -1.0",
                "chat --dtype f64                             | --dtype is 'f64'",
            })
    void wrongCommands(String line, String sentence) {
        Cli.run(line.strip().split(" ")).refused(sentence.strip());
    }

    @Test
    void faultsShowATraceOnlyWhenAsked() {
        String quiet = fault();
        assertTrue(quiet.matches("engram: Unexpected fault .*broken pipe organ.*ENGRAM_DEBUG=1.*\\R"), quiet);
        String verbose = fault("--verbose");
        assertTrue(verbose.contains("\tat dev.engram.cli.RefusalTest"), verbose);
    }

    /** What a command prints whose input fails in a way that nobody foresaw. */
    private static String fault(String... more) {
        InputStream failing = new InputStream() {
            @Override
            public int read() {
                throw new IllegalStateException("broken pipe organ");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Streams streams = Streams.of(failing, false, new ByteArrayOutputStream(), err, new Interrupt());
        String[] args =
                Stream.concat(Stream.of("tokenize"), Arrays.stream(more)).toArray(String[]::new);
        assertEquals(1, Engram.run(streams, args));
        return Cli.text(err);
    }

    @Test
    void refusalsOfTheReportAndOfTheMachine() {
        IllegalArgumentException profile =
                assertThrows(IllegalArgumentException.class, () -> dev.engram.report.Profile.of("huge"));
        reported(profile, 2, "engram: The profile 'huge' is unknown");
        reported(new IllegalArgumentException("a slip of the program"), 1, "Unexpected fault");
        reported(
                new UncheckedIOException(new IOException("No space left on device")),
                2,
                "engram: No disk space is left");
        reported(new OutOfMemoryError("Java heap space"), 2, "ENGRAM_HEAP");
    }

    private static void reported(Throwable e, int code, String words) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Streams streams = Cli.streams("", false, new ByteArrayOutputStream(), err, new Interrupt());
        assertEquals(code, new Failures(streams).report(e, false));
        assertEquals(1, Cli.text(err).lines().count());
        assertTrue(Cli.text(err).contains(words), Cli.text(err));
    }
}
