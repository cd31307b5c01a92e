package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.Seams;
import dev.engram.model.TinyModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code chat}: commands, history, a full context. */
class ChatCommandTest {
    @TempDir
    private static Path folder;

    private static String model;
    /** A tiny model with room for several turns. */
    private static String roomy;

    @BeforeAll
    static void writeModels() throws IOException {
        model = TinyModel.write(folder.resolve("tiny")).toString();
        roomy = TinyModel.write(folder.resolve("roomy"), 2048, TinyModel.END_OF_TURN)
                .toString();
    }

    private static String[] chat(String name, String... more) {
        return Stream.concat(
                        Stream.of("chat", "--model", name, "--dtype", "f32", "--max_tokens", "6"), Arrays.stream(more))
                .toArray(String[]::new);
    }

    private static CausalLm open(String name) {
        return CausalLm.open(name, LoadOptions.defaults().withDtype(LoadOptions.DType.F32));
    }

    @Test
    void answersEachLineOfAPipe() {
        Cli.Result result = Cli.piped("hello\n\nagain\n", chat(roomy)).ok();
        assertFalse(result.out().contains("> "), result.out());
        assertEquals("", result.err());
        String first = Cli.piped("hello\n", chat(roomy)).ok().out();
        assertTrue(result.out().startsWith(first));
        assertTrue(result.out().length() > first.length());
    }

    @Test
    void resetForgets() {
        String once = Cli.piped("hello\n", chat(roomy)).ok().out();
        String twice = Cli.piped("hello\nhello\n", chat(roomy)).ok().out();
        assertFalse(twice.equals(once + once), "the second answer does not see the first turn");
        assertEquals(
                once + once,
                Cli.piped("hello\n/reset\nhello\n", chat(roomy)).ok().out());
    }

    @Test
    void systemMessageStartsAnew() {
        String flag =
                Cli.piped("hello\n", chat(roomy, "--system", "Be brief.")).ok().out();
        Cli.Result typed = Cli.piped("hello\n/system Be brief.\nhello\n/system\n", chat(roomy))
                .ok();
        assertTrue(typed.out().endsWith(flag), typed.out());
        assertTrue(typed.err().contains("Be brief."), typed.err());
        assertTrue(Cli.piped("/system\n", chat(roomy)).ok().err().contains("No system message"));
    }

    @Test
    void commandsAndPrompt() {
        Cli.Result result =
                Cli.typed("/help\n/hlep\n/quit\nnever read\n", chat(roomy)).ok();
        assertEquals("", result.out());
        assertTrue(result.err().contains("/reset"), result.err());
        assertTrue(result.err().contains("There is no command /hlep; /help lists them."), result.err());
        assertEquals(3, result.err().split("> ", -1).length - 1, result.err());
    }

    @Test
    void verboseCountsTheCache() {
        String err = Cli.piped("hello\n", chat(roomy, "--verbose")).ok().err();
        assertTrue(err.matches("(?s).*read \\d+ tokens in .*wrote 6 .*cache .* tokens.*"), err);
    }

    @Test
    void aMessageWithoutRoomIsRefusedAndTheChatGoesOn() {
        String once = Cli.piped("hello\n", chat(model)).ok().out();
        Cli.Result result =
                Cli.piped("x".repeat(300) + "\nhello\n", chat(model)).ok();
        assertEquals(once, result.out());
        assertTrue(result.err().matches("(?s)engram: With this message .* tokens.*256.*/reset.*\\R"), result.err());
    }

    @Test
    void aFullContextIsSaid() {
        Cli.Result result = Cli.piped("hello\n", "chat", "--model", model, "--dtype", "f32", "--max_tokens", "400")
                .ok();
        assertTrue(result.err().contains("context is full; /reset"), result.err());
    }

    @Test
    void interruptionStopsTheAnswerAndNotTheChat() {
        Interrupt interrupt = new Interrupt();
        boolean[] done = new boolean[1];
        ByteArrayOutputStream out = new ByteArrayOutputStream() {
            @Override
            public void write(byte[] bytes, int from, int length) {
                super.write(bytes, from, length);
                if (!done[0]) {
                    done[0] = interrupt.ask();
                }
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Streams streams = Cli.streams("hello\nagain\n", false, out, err, interrupt);
        assertEquals(0, Engram.run(streams, chat(roomy, "--verbose")));
        assertTrue(done[0]);
        assertFalse(Cli.text(err).lines().findFirst().orElseThrow().contains("wrote 6"), Cli.text(err));
        assertTrue(Cli.text(err).lines().skip(1).findFirst().orElseThrow().contains("wrote 6"), Cli.text(err));
    }

    @Test
    void theCacheSaysTheSameAsAWholePrompt() {
        try (CausalLm lm = open(roomy);
                Conversation conversation = new Conversation(lm, GenerationConfig::greedy);
                KvCache cache = lm.decoder().newCache()) {
            Generation first = conversation.answer("hello", 6, GenerationListener.SILENT);
            int held = conversation.tokens();
            Generation second = conversation.answer("and now?", 6, GenerationListener.SILENT);
            String rest = next("and now?");
            int[] whole = Stream.of(
                            lm.tokenizer().encode(first.promptText()),
                            ids(first),
                            lm.tokenizer().encode(rest))
                    .flatMapToInt(Arrays::stream)
                    .toArray();
            Generation fresh = lm.generate(
                    whole, cache, GenerationConfig.greedy(6), Seams.none(), null, GenerationListener.SILENT);
            assertEquals(whole.length, held + second.promptTokens());
            assertEquals(fresh.ids(), second.ids());
        }
    }

    private static int[] ids(Generation generation) {
        return generation.ids().stream().mapToInt(Integer::intValue).toArray();
    }

    @Test
    void aRefusedMessageLeavesTheConversationAsItWas() {
        try (CausalLm lm = open(model);
                Conversation conversation = new Conversation(lm, GenerationConfig::greedy)) {
            conversation.answer("a", 3, GenerationListener.SILENT);
            int held = conversation.tokens();
            Assertions.assertThrows(
                    BadInputException.class, () -> conversation.answer("x".repeat(300), 3, GenerationListener.SILENT));
            assertEquals(held, conversation.tokens());
            Generation second = conversation.answer("b", 3, GenerationListener.SILENT);
            // Only what is new is fed: the last token of the answer before, and the next turn.
            assertEquals(1 + lm.tokenizer().encode(next("b")).length, second.promptTokens());
        }
    }

    /** What the template puts between an answer and the next one. */
    private static String next(String message) {
        return "<|im_end|>\n<|im_start|>user\n" + message + "<|im_end|>\n<|im_start|>assistant\n";
    }
}
