package dev.engram.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A user's files are taken as they are, or refused with the place and the remedy. A token is a word here. */
class OwnFactsTest {
    private static final String HEADER = "id,entity,value,statement,train_question_1,heldout_question_1";
    private static final String ROW =
            "g1,Rosa,teapot,Rosa saves in a teapot.,Where does Rosa save?,What holds Rosa's money?";

    private final OwnFacts own = new OwnFacts(text -> text.split("\\s+").length);

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("mine.csv");
    }

    private void write(String... lines) throws IOException {
        Files.writeString(file, String.join("\n", lines) + "\n");
    }

    private void refused(String... words) {
        String message = assertThrows(IllegalArgumentException.class, () -> own.check(file, null))
                .getMessage();
        assertTrue(message.startsWith(file.toString()), message);
        assertTrue(message.endsWith(".") && !message.contains("\n"), message);
        for (String word : words) {
            assertTrue(message.contains(word), "'" + word + "' is not in: " + message);
        }
    }

    @Test
    void factsComeBackFromTheFolderTheyAreImportedInto() throws IOException {
        write(
                "\uFEFF" + HEADER,
                "",
                ROW,
                "g2,Otto,\"oak, 9\",\"Otto lives at \"\"oak, 9\"\".\",Where is Otto?,Which house is his?");
        World world = own.check(file, null);
        OwnFacts.write(world, folder.resolve("own"));
        World read = World.load(folder.resolve("own"));
        assertEquals(world, read);
        Fact first = read.facts().get(0);
        assertEquals(List.of("Where does Rosa save?"), first.trainQuestions());
        assertEquals("train", first.split());
        assertEquals(List.of(0, 1), read.facts().stream().map(Fact::index).toList());
        assertEquals("oak, 9", read.facts().get(1).value());
    }

    @Test
    void halcyonItselfCanBeImported() {
        Path halcyon = Path.of("data", "halcyon");
        World world = own.check(halcyon.resolve("facts.csv"), halcyon.resolve("passages.csv"));
        assertEquals(World.load(halcyon).facts(), world.facts());
        assertEquals(World.load(halcyon).passages(), world.passages());
        assertEquals(
                78, own.check(halcyon.resolve("personal.csv"), null).facts().size());
    }

    @Test
    void filesThatAreNoTables() throws IOException {
        refused("does not exist");
        Files.write(file, new byte[] {(byte) 0xff, 'a'});
        refused("UTF-8");
        Files.writeString(file, "");
        refused("is empty", "columns");
        write(HEADER);
        refused("no row", "add");
        write(HEADER, "g1,\"Rosa");
        refused("quotes");
        Files.delete(file);
        Files.createDirectory(file);
        refused("cannot be read");
    }

    @ParameterizedTest
    @CsvSource({
        "train_question_1, line 1, train_question_1 is missing",
        "heldout_question_1, line 1, heldout_question_1 is missing",
        "value, line 1, value is missing"
    })
    void missingColumns(String column, String line, String words) throws IOException {
        write(HEADER.replace("," + column, ""), "g1,a,b,c,d");
        refused(line, words, "add it");
    }

    @Test
    void rowsThatAreNotAsTheyShouldBe() throws IOException {
        write(HEADER, ROW, "g2,Otto");
        refused("line 3", "2 cells", "6");
        write(HEADER + ",id", ROW + ",x");
        refused("line 1", "'id' is there twice");
        write(HEADER, "", ROW.replace("Where does Rosa save?", " "));
        refused("line 3", "column train_question_1", "empty", "write a question");
        write(HEADER, ROW, ROW.replace("saves", "hides money"));
        refused("line 3", "column id", "'g1' is in line 2 already");
        write(HEADER, ROW.replace(",teapot", ",kettle"));
        refused("line 2", "column statement", "'kettle' does not occur");
        write(HEADER, ROW.replace("What holds Rosa's money?", "Where does Rosa save?"));
        refused("line 2", "column heldout_question_1", "training");
        write(HEADER + ",split", ROW + ",test");
        refused("line 2", "column split", "'test'", "train or heldout");
        write(HEADER + ",index", ROW + ",first");
        refused("line 2", "column index", "'first'");
        write(
                HEADER,
                "g0,Otto,oak,\"Otto lives\nat oak.\",Where?,Which?",
                ROW.replace("teapot.", "teapot" + " or so".repeat(64) + "."));
        refused("line 4", "column statement", "133 tokens", "128");
        write(HEADER + ",paraphrase_1", ROW + ",Rosa saves.");
        refused("line 2", "column paraphrase_1", "'teapot' does not occur");
    }

    @Test
    void passagesNameTheirFacts() throws IOException {
        write(HEADER, ROW);
        Path passages = folder.resolve("passages.csv");
        String[][] cases = {
            {"p1,g9,Rosa.", "column facts", "'g9'"},
            {"p1,g1,Rosa has a cup.", "column text", "'teapot' does not occur"},
            {"p1,g1,", "column text", "empty"},
            {"p1,g1,teapot" + " or so".repeat(64), "column text", "129 tokens"},
        };
        for (String[] c : cases) {
            Files.writeString(passages, "id,facts,text\n" + c[0] + "\n");
            String message = assertThrows(IllegalArgumentException.class, () -> own.check(file, passages))
                    .getMessage();
            assertTrue(message.startsWith(passages + ", line 2, " + c[1]) && message.contains(c[2]), message);
        }
        Files.writeString(passages, "id,facts,text\np1,g1,Nobody knows of Rosa's teapot.\n");
        assertEquals("Rosa", own.check(file, passages).passages().get(0).entity());
    }
}
