package dev.engram.assistant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.assistant.Reply.Kind;
import dev.engram.retrieve.Embedders;
import dev.engram.retrieve.Hit;
import dev.engram.tiers.CachedEmbeddings;
import dev.engram.tiers.Horizon;
import dev.engram.world.World;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations without a language model: what is written, found, replaced and not known. */
class AssistantTest {
    private static final double TODAY = LocalDate.of(2026, 3, 1).toEpochDay();
    private static CachedEmbeddings embeddings;
    private static World world;
    private static Subjects subjects;

    @TempDir
    Path folder;

    private UserMemory memory;

    @BeforeAll
    static void examples() {
        embeddings = new CachedEmbeddings(Embedders.english());
        world = World.load();
        subjects = Subjects.learned(embeddings, 2, world.chatter());
    }

    @BeforeEach
    void open() {
        memory = UserMemory.open(folder.resolve("ada"), TODAY);
    }

    @AfterEach
    void close() {
        memory.close();
    }

    private Reply say(String text, double day) {
        return with(AnswerWriter.quoting(), null).say(text, day);
    }

    private Assistant with(AnswerWriter writer, DomainPack pack) {
        return new Assistant(memory, subjects, embeddings, writer, pack);
    }

    private Reply say(String text) {
        return say(text, TODAY);
    }

    @Test
    void whatWasToldIsAnsweredWithItsSource() {
        say("Good morning!");
        assertEquals(
                List.of("m1"),
                say("My cat is called Fern.").noted().stream().map(Told::id).toList());
        Reply reply = say("What is my cat called?");
        assertEquals(Kind.MEMORY, reply.kind());
        assertTrue(reply.text().contains("Fern") && reply.text().contains("[m1]"), reply.text());
        Source source = reply.sources().get(0);
        assertEquals(2, source.turn());
        assertEquals("2026-03-01", source.date());
        assertEquals("long", source.store());
        assertEquals("My cat is called Fern.", source.text());
        assertTrue(source.score() > 0.7 && source.score() <= 1, source.toString());
    }

    @Test
    void itIsStillThereInTheNextConversation() {
        say("My cat is called Fern.");
        memory.close();
        memory = UserMemory.open(folder.resolve("ada"), TODAY + 300);
        Reply reply = say("What is the name of my cat?", TODAY + 300);
        assertTrue(reply.text().contains("Fern"), reply.text());
        assertEquals("2026-03-01", reply.sources().get(0).date());
        assertEquals(3, memory.nextTurn());
    }

    @Test
    void aNewValueReplacesTheOldOneWhichStaysInTheHistoryOnly() {
        say("Today I weigh 58 kg.");
        say("My weight is 57 kg now, by the way.");
        Reply reply = say("How much do I weigh?");
        assertTrue(reply.text().contains("57 kg") && !reply.text().contains("58"), reply.text());
        assertEquals(1, memory.profile().size());
        assertEquals("superseded by m2", memory.past().get(0).end());
        assertEquals("58 kg", memory.past().get(0).value());
    }

    @Test
    void whatSaysTheSameIsMergedAndGoesUp() {
        say("I had leek soup for lunch.");
        assertEquals(Horizon.SHORT, memory.store("m1").orElseThrow());
        say("Lunch today: leek soup. Nothing special.", TODAY + 1);
        assertEquals(1, memory.profile().size());
        assertEquals(List.of(1, 2), memory.profile().get(0).turns());
        assertEquals(Horizon.MID, memory.store("m1").orElseThrow());
        assertTrue(memory.past().isEmpty());
        say("I have just eaten leek soup.", TODAY + 2);
        say("I have just eaten leek soup.", TODAY + 3);
        assertEquals(Horizon.LONG, memory.store("m1").orElseThrow());
    }

    @Test
    void shortTermMemoriesEnd() {
        say("I had leek soup for lunch.");
        assertEquals(Kind.MEMORY, say("What did I have for lunch?", TODAY + 1).kind());
        assertEquals(Kind.UNKNOWN, say("What did I have for lunch?", TODAY + 3).kind());
        assertEquals("outlived its time", memory.past().get(0).end());
    }

    @Test
    void whatWasNeverToldIsNotKnown() {
        say("My cat is called Fern.");
        for (String question :
                List.of("Where do I live?", "What is my sister's name?", "What is my favourite colour?")) {
            Reply reply = say(question);
            assertEquals(Kind.UNKNOWN, reply.kind(), question + " " + reply.text());
            assertTrue(reply.sources().isEmpty());
        }
    }

    @Test
    void aBrotherDoesNotReplaceASister() {
        say("My sister's name is Imke.");
        say("My brother's name is Jan.");
        assertTrue(say("What is my sister's name?").text().contains("Imke"));
        assertTrue(say("What is my brother's name?").text().contains("Jan"));
    }

    @Test
    void factsOfAnsweredTurnsAreWrittenBeforeTheAnswer() {
        say("My cat is called Fern.");
        Reply reply = say("My cat is called Olive now. What is my cat called?");
        assertTrue(reply.text().contains("Olive") && !reply.text().contains("Fern"), reply.text());
        assertEquals(1, reply.noted().size());
    }

    @Test
    void twoUsersNeverMix() {
        say("My cat is called Fern.");
        try (UserMemory other = UserMemory.open(folder.resolve("ben"), TODAY)) {
            Assistant his = new Assistant(other, subjects, embeddings, AnswerWriter.quoting(), null);
            assertEquals(Kind.UNKNOWN, his.say("What is my cat called?", TODAY).kind());
            his.say("My cat is called Rusty.", TODAY);
            assertTrue(his.say("What is my cat called?", TODAY).text().contains("Rusty"));
        }
        assertTrue(say("What is my cat called?").text().contains("Fern"));
    }

    @Test
    void chatterIsNotRemembered() {
        say("Good morning!");
        say("What a strange word.");
        assertTrue(memory.profile().isEmpty());
        assertEquals(2, memory.history().size());
    }

    @Test
    void wordsOfUsersAreNoTemplate() {
        String odd = "My motto is {{ 7 * 7 }} %s ${user} <|im_end|>.";
        say(odd);
        assertEquals(odd, memory.profile().get(0).text());
        assertTrue(say("What is my motto?").text().contains(odd));
    }

    @Test
    void anAnswerWithoutTheValueIsReplacedByAQuotation() {
        say("Today I weigh 58 kg.");
        Reply wrong = with(saying("You weigh 85 kg."), null).say("What is my weight?", TODAY);
        assertEquals("quote", wrong.writer());
        assertTrue(wrong.text().contains("58 kg") && !wrong.text().contains("85"), wrong.text());
        Reply right = with(saying("You weigh 58 kg."), null).say("What is my weight?", TODAY);
        assertEquals("model", right.writer());
        assertEquals("You weigh 58 kg. [m1]", right.text());
    }

    private static AnswerWriter saying(String answer) {
        return (question, texts, store) -> new AnswerWriter.Draft(answer, texts, 0);
    }

    @Test
    void aDomainIsAnsweredFromItsPackAndSaysSo() {
        DomainPack law = DomainPack.open("law", world, embeddings);
        assertEquals(40, law.size());
        say("My cat is called Fern.");
        Assistant assistant = with(AnswerWriter.quoting(), law);
        Reply reply = assistant.say("Who proposed the Quill Statute?", TODAY);
        assertEquals(Kind.DOMAIN, reply.kind());
        assertTrue(reply.text().startsWith("From the law pack") && reply.text().contains("Teskod Tinnedal"));
        assertEquals("p0182", reply.sources().get(0).id());
        assertEquals(
                Kind.UNKNOWN,
                assistant.say("Who proposed the Gherkin Statute?", TODAY).kind());
        assertTrue(assistant.say("What is my cat called?", TODAY).text().contains("Fern"));
    }

    @Test
    void theStoreCanBeReadAgainWhileAnAnswerIsWritten() {
        DomainPack tutoring = DomainPack.open("tutoring", world, embeddings);
        AnswerWriter asksAgain = (question, texts, store) -> {
            List<Hit> more = store.retrieve("The capital of Ilumoa is Tamotua", 3);
            assertFalse(more.isEmpty());
            return new AnswerWriter.Draft(
                    "",
                    List.of(
                            texts.get(0),
                            more.stream()
                                    .filter(h -> !h.id().equals(texts.get(0).id()))
                                    .findFirst()
                                    .orElseThrow()),
                    1);
        };
        Reply reply = with(asksAgain, tutoring).say("Who is the mayor of the capital of Ilumoa?", TODAY);
        assertEquals(2, reply.sources().size());
        assertTrue(reply.text().contains("Tiruvie Samunuo"), reply.text());
        assertEquals(1, reply.rereads());
    }
}
