package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Help, version, the machine check, and the small parts around the commands. */
class EngramTest {
    @Test
    void helpListsTheCommands() {
        for (String[] args : new String[][] {{}, {"--help"}}) {
            Cli.Result result = Cli.run(args).ok();
            for (String command : new String[] {"generate", "chat", "perplexity", "tokenize", "world", "check"}) {
                assertTrue(result.out().contains(command), result.out());
            }
            assertFalse(result.out().contains("reproduce"), result.out());
        }
        assertTrue(Cli.run("--version").ok().out().startsWith("engram "));
    }

    static Stream<String> commands() {
        return below(Engram.commandLine(Cli.streams("", false, OutputStream.nullOutputStream(), System.err, null)))
                .skip(1) // the root
                .map(c -> c.getCommandSpec().qualifiedName());
    }

    private static Stream<CommandLine> below(CommandLine line) {
        return Stream.concat(
                Stream.of(line),
                line.getSubcommands().values().stream()
                        .filter(c -> !(c.getCommand() instanceof LauncherCommand)
                                && !c.getCommandName().equals("help"))
                        .flatMap(EngramTest::below));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandHasHelp(String command) {
        String[] words = command.substring("engram ".length()).split(" ");
        String out = Cli.run(plus(words, "--help")).ok().out();
        assertTrue(out.startsWith("Usage: " + command), out);
        assertFalse(out.contains("${"), out);
        assertTrue(Cli.run(plus(words, "--version")).ok().out().startsWith("engram "));
    }

    @Test
    void theLauncherListsEveryCommand() throws IOException {
        String launcher = Files.readString(Path.of("engram"));
        String usage = launcher.substring(launcher.indexOf("usage() {"), launcher.indexOf("\nTEXT\n"));
        for (String name : Engram.commandLine(Cli.streams("", false, OutputStream.nullOutputStream(), System.err, null))
                .getSubcommands()
                .keySet()) {
            assertTrue(
                    Pattern.compile("(^|  )" + name + " ", Pattern.MULTILINE)
                            .matcher(usage)
                            .find(),
                    name);
        }
    }

    private static String[] plus(String[] words, String last) {
        return Stream.concat(Stream.of(words), Stream.of(last)).toArray(String[]::new);
    }

    @Test
    void generateHelpNamesTheDefaults() {
        String out = Cli.run("generate", "--help").ok().out();
        assertTrue(out.contains("(default: 50)"), out);
        assertTrue(out.contains("$ENGRAM_MODEL"), out);
        assertTrue(out.contains("(default: baseline)"), out);
    }

    @Test
    void checkPrintsARowPerThing() {
        Cli.Result result = Cli.run("check");
        List<String> rows =
                result.out().lines().map(l -> l.strip().split(" ")[0]).toList();
        assertEquals(List.of("heap", "cpu", "engine", "device", "threads"), rows);
        assertTrue(result.out().contains("with PyTorch 2."), result.out());
        assertEquals(0, result.code(), result.out());
        assertEquals("", result.err());
    }

    @Test
    void aSecondThreadHelpsSomewhat() {
        double gain = ThreadGain.measure();
        assertTrue(gain > 0.01 && gain < 4, "gain " + gain);
    }

    @Test
    void argumentsAreReadAgainFromTheSystem() {
        byte[] line = "java\0-cp\0x\0dev.engram.cli.Engram\0generate\0--prompt\0什么é\0".getBytes(StandardCharsets.UTF_8);
        String[] damaged = {"generate", "--prompt", "\uFFFD\uFFFD"};
        assertArrayEquals(new String[] {"generate", "--prompt", "什么é"}, Arguments.fromCommandLine(line, damaged));
        String[] whole = {"generate", "é"};
        assertSame(whole, Arguments.repaired(whole));
    }

    @Test
    void anInterruptionIsHeardOnceWhileSomebodyListens() {
        Interrupt interrupt = new Interrupt();
        assertFalse(interrupt.ask());
        interrupt.heed();
        assertFalse(interrupt.asked());
        assertTrue(interrupt.ask());
        assertTrue(interrupt.asked());
        assertFalse(interrupt.ask(), "the second one ends the process");
        assertTrue(interrupt.release());
        interrupt.heed();
        assertFalse(interrupt.asked());
        assertFalse(interrupt.release());
    }

    @Test
    void openingForLongIsSaid() throws InterruptedException {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream to = new PrintStream(err, true, StandardCharsets.UTF_8);
        OpeningNotice.start("quick", to, 2000, 2000).close();
        try (OpeningNotice notice = OpeningNotice.start("slow", to, 20, 20)) {
            for (int i = 0; i < 200 && Cli.text(err).lines().count() < 2; i++) {
                Thread.sleep(10);
            }
        }
        assertTrue(Cli.text(err).startsWith("Opening the model 'slow' ..."), Cli.text(err));
        assertTrue(Cli.text(err).contains("still opening it, 0 s"), Cli.text(err));
        assertFalse(Cli.text(err).contains("quick"), Cli.text(err));
    }
}
