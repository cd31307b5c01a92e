package dev.engram.assistant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.tiers.Horizon;
import dev.langchain4j.data.embedding.Embedding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The user's folder: deletion on the bytes of its files, damage, a killed process, bounds. Vectors are made up. */
class UserMemoryTest {
    private static final float[] A = {0.6f, 0.8f, 0};
    private static final float[] B = {0, 0.28f, 0.96f};

    @TempDir
    Path folder;

    private static Told tell(UserMemory memory, String text, String subject, String value, float[] vector) {
        return memory.tell(text, subject, value, Horizon.LONG, Embedding.from(vector), 1);
    }

    /** All bytes of all files of the folder, as one text. */
    private String bytes() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path f : files.filter(Files::isRegularFile).toList()) {
                all.append(f.getFileName()).append(new String(Files.readAllBytes(f), StandardCharsets.UTF_8));
            }
        }
        return all.toString();
    }

    @Test
    void aDeletedMemoryIsInNoByte() throws IOException {
        try (UserMemory memory = UserMemory.open(folder, 1)) {
            tell(memory, "I live at 9 Mill Lane.", "address", "9 Mill Lane", A);
            memory.log(1, "I live at 9 Mill Lane.", "Noted. address: 9 Mill Lane [m1]", List.of("m1"));
            tell(memory, "My address is 2 Orchard Close now.", "address", "2 Orchard Close", A);
            memory.log(1, "My address is 2 Orchard Close now.", "Noted.", List.of("m2"));
            tell(memory, "I work as a baker.", "job", "a baker", B);
            memory.log(1, "I work as a baker.", "Noted.", List.of("m3"));
            memory.log(1, "Is it far from mill lane?", "You live at 2 Orchard Close. [m2]", List.of("m2"));
            String before = bytes();
            assertTrue(before.contains("9 Mill Lane") && before.contains(UserFile.encode(A)));
            assertEquals(List.of("m2", "m1"), memory.forget("address").memories());
            String after = bytes();
            for (String gone : List.of("Mill Lane", "Orchard", UserFile.encode(A), "I live", "\"address\"")) {
                assertFalse(after.contains(gone), gone);
            }
            assertTrue(after.contains("I work as a baker.") && after.contains(UserFile.encode(B)));
            assertTrue(memory.find(Embedding.from(A), 3, 1).stream().noneMatch(s -> s.id().equals("m2")));
        }
        try (UserMemory memory = UserMemory.open(folder, 1)) {
            assertEquals(List.of("m3"), memory.profile().stream().map(Told::id).toList());
            assertEquals("m4", tell(memory, "x", "", "", A).id(), "an id is never given again");
        }
    }

    @Test
    void wordsThatWereOnlySaidAreDeletedToo() throws IOException {
        try (UserMemory memory = UserMemory.open(folder, 1)) {
            memory.log(1, "Perhaps ask Doctor Fingal?", "All right.", List.of());
            assertEquals(1, memory.forget("doctor fingal").turns());
            assertFalse(bytes().toLowerCase().contains("fingal"));
            assertEquals(0, memory.forget("doctor fingal").turns());
        }
    }

    @Test
    void ofATurnWithTwoFactsTheOtherStays() throws IOException {
        try (UserMemory memory = UserMemory.open(folder, 1)) {
            String turn = "My cat is called Fern. I weigh 58 kg.";
            tell(memory, "My cat is called Fern.", "cat", "Fern", A);
            tell(memory, "I weigh 58 kg.", "weight", "58 kg", B);
            memory.log(1, turn, "Noted. cat: Fern [m1]; weight: 58 kg [m2]", List.of("m1", "m2"));
            memory.log(1, "She is often 10 years ahead.", "All right.", List.of());
            memory.forget("m1");
            assertFalse(bytes().contains("Fern"));
            assertEquals("[forgotten] I weigh 58 kg.", memory.history().get(0).user());
            assertEquals(List.of("m2"), memory.history().get(0).cited());
            assertEquals("All right.", memory.history().get(1).reply());
        }
    }

    @Test
    void aValueInsideAnotherWordIsNotTheValue() {
        try (UserMemory memory = UserMemory.open(folder, 1)) {
            tell(memory, "I go to bed at ten.", "bedtime", "ten", A);
            memory.log(1, "I go to bed at ten.", "Noted.", List.of("m1"));
            memory.log(1, "I often do.", "All right.", List.of());
            memory.log(1, "Ten of them!", "All right.", List.of());
            assertEquals(2, memory.forget("bedtime").turns());
            assertEquals("I often do.", memory.history().get(1).user());
        }
    }

    @Test
    void aDamagedFileIsRefusedWithOneSentence() throws IOException {
        try (UserMemory memory = UserMemory.open(folder, 1)) {
            tell(memory, "I work as a baker.", "job", "a baker", B);
        }
        Path file = folder.resolve("memory.jsonl");
        String good = Files.readString(file);
        for (String bad : List.of(
                good.replace("baker", "maker"),
                good.substring(0, good.length() - 20),
                "",
                "{",
                "[1]\n",
                good.replace("bge", "xyz"))) {
            Files.writeString(file, bad);
            BadInputException e = assertThrows(BadInputException.class, () -> UserMemory.open(folder, 1));
            assertTrue(e.getMessage().contains("memory.jsonl is damaged"), e.getMessage());
            assertEquals(bad, Files.readString(file), "what is damaged is left for the user to save");
        }
        Files.writeString(file, good);
        UserMemory.open(folder, 1).close();
    }

    @Test
    void aSecondProcessIsRefusedAndLeftoversAreSwept() throws IOException {
        try (UserMemory memory = UserMemory.open(folder, 1)) {
            tell(memory, "I work as a baker.", "job", "a baker", B);
            BadInputException e = assertThrows(BadInputException.class, () -> UserMemory.open(folder, 1));
            assertTrue(e.getMessage().contains("Another process"), e.getMessage());
        }
        Files.writeString(folder.resolve(".memory.jsonl123.part"), "a secret");
        UserMemory.open(folder, 1).close();
        assertFalse(bytes().contains("secret"));
        Files.writeString(folder.resolve("plain"), "");
        assertThrows(BadInputException.class, () -> UserMemory.open(folder.resolve("plain"), 1));
    }

    @Test
    void onlyTheLastThousandTurnsAreKept() {
        UserFile file = UserFile.open(folder);
        List<UserFile.Line> lines = Stream.iterate(1, i -> i + 1)
                .limit(UserMemory.TURNS)
                .map(i -> new UserFile.Line(new Exchange(i, 1, "turn " + i, "ok", List.of()), null, null, null))
                .toList();
        file.write(new UserFile.State(UserMemory.TURNS + 1, 1, lines));
        file.close();
        try (UserMemory memory = UserMemory.open(folder, 1)) {
            memory.log(1, "one more", "ok", List.of());
            assertEquals(UserMemory.TURNS, memory.history().size());
            assertEquals(2, memory.history().get(0).turn());
            assertEquals(
                    UserMemory.TURNS + 1,
                    memory.history().get(UserMemory.TURNS - 1).turn());
        }
    }

    /** Tells one thing after the other and says when each is written. */
    public static void main(String[] args) {
        try (UserMemory memory = UserMemory.open(Path.of(args[0]), 1)) {
            while (true) {
                Told told = tell(memory, "telling " + memory.nextTurn(), "", "", A);
                memory.log(1, told.text(), "ok", List.of(told.id()));
                System.out.println(told.id());
                System.out.flush();
            }
        }
    }

    @Test
    void whatAKilledProcessReportedIsThere(@TempDir Path other) throws IOException, InterruptedException {
        Path said = other.resolve("said");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        UserMemoryTest.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(said.toFile())
                .start();
        try {
            while (Files.readString(said).lines().count() < 40) {
                assertTrue(process.isAlive(), "the process ended by itself");
                Thread.sleep(1);
            }
        } finally {
            process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
        List<String> reported = Files.readString(said).lines().toList();
        try (UserMemory memory = UserMemory.open(folder, 1)) {
            List<String> ids = memory.profile().stream().map(Told::id).toList();
            assertTrue(ids.containsAll(reported.subList(0, reported.size() - 1)), ids + " of " + reported.size());
        }
    }
}
