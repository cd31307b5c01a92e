package dev.engram.retrieve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.PooledStates;
import dev.engram.model.TinyModel;
import dev.engram.model.text.Message;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.FinishReason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Embedding models and the chat model: LangChain4j's interfaces on ONNX Runtime and on PyTorch in one process. */
class ModelsTest {
    private static final GenerationConfig GREEDY = GenerationConfig.greedy(12);

    @TempDir
    static Path folder;

    private static CausalLm lm;

    @BeforeAll
    static void open() throws IOException {
        lm = CausalLm.open(
                TinyModel.write(folder, 1024, TinyModel.END_OF_TURN).toString(),
                LoadOptions.defaults().withDtype(DType.F32));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static double cosine(EmbeddingModel model, String a, String b) {
        return Vectors.dot(
                model.embed(a).content().vector(), model.embed(b).content().vector());
    }

    @Test
    void bgeUnderstandsEnglish() {
        EmbeddingModel bge = Embedders.english();
        assertEquals(384, bge.dimension());
        float[] v = bge.embed("Orskerry is governed from Ruskosk.").content().vector();
        assertEquals(1, Vectors.dot(v, v), 1e-4);
        double near = cosine(bge, "The cat sleeps on the sofa.", "A kitten is napping on the couch.");
        double far = cosine(bge, "The cat sleeps on the sofa.", "The council raised the harbour tax.");
        assertTrue(near > far + 0.2, near + " and " + far);
    }

    @Test
    void bgeUnderstandsChinese() {
        EmbeddingModel bge = Embedders.chinese();
        assertEquals(512, bge.dimension());
        double near = cosine(bge, "柯望澜靠什么谋生？", "柯望澜是一名铸钟匠。");
        double far = cosine(bge, "柯望澜靠什么谋生？", "今天的天气很好，适合出海。");
        assertTrue(near > far + 0.1, near + " and " + far);
    }

    /** Both native libraries bring threads and mathematics of their own; neither may change the other's results. */
    @Test
    void onnxAndPyTorchShareAProcess() throws InterruptedException {
        String prompt = "A ship sails";
        Generation before = lm.generate(prompt, GREEDY);
        EmbeddingModel bge = Embedders.english();
        float[] vector = bge.embed(prompt).content().vector();
        float[][] other = new float[8][];
        Thread thread = new Thread(() -> {
            for (int i = 0; i < other.length; i++) {
                other[i] = bge.embed(prompt).content().vector();
            }
        });
        thread.start();
        for (int i = 0; i < 8; i++) {
            assertEquals(before.ids(), lm.generate(prompt, GREEDY).ids());
        }
        thread.join();
        for (float[] v : other) {
            assertArrayEquals(vector, v, 1e-5f);
        }
    }

    @Test
    void theModelsOwnStates() {
        List<String> texts = List.of("A lighthouse.", "A ship sails to the north.", "Bread and butter.");
        HiddenStateEmbedder raw = HiddenStateEmbedder.of(lm);
        assertEquals(lm.config().hidden(), raw.dimension());
        float[] state = PooledStates.layerMean(lm.decoder())
                .texts(lm.tokenizer(), texts)
                .get(1);
        assertArrayEquals(Vectors.unit(state), raw.embed(texts.get(1)).content().vector(), 1e-5f);
        // three centred raw vectors sum to nothing, so each points away from the sum of the others
        HiddenStateEmbedder centred = raw.centred(texts);
        List<float[]> states = PooledStates.layerMean(lm.decoder()).texts(lm.tokenizer(), texts);
        float[] wanted = new float[raw.dimension()];
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] = states.get(0)[i] - (states.get(0)[i] + states.get(1)[i] + states.get(2)[i]) / 3;
        }
        Embedding got = centred.embed(texts.get(0)).content();
        assertArrayEquals(Vectors.unit(wanted), got.vector(), 1e-4f);
        assertThrows(BadInputException.class, () -> raw.embed("x"), "one token");
    }

    @Test
    void aChatModelOfLangChain4j() {
        LmChatModel chat = new LmChatModel(lm, GREEDY);
        ChatResponse response = chat.chat(
                SystemMessage.from("Be brief."),
                UserMessage.from("Hi."),
                AiMessage.from("Hello."),
                UserMessage.from("Why?"));
        Generation own = lm.generate(
                lm.prompt(List.of(
                        Message.system("Be brief."),
                        Message.user("Hi."),
                        Message.assistant("Hello."),
                        Message.user("Why?"))),
                GREEDY);
        assertEquals(own.text(), response.aiMessage().text());
        assertEquals(own.promptTokens(), response.tokenUsage().inputTokenCount());
        assertEquals(own.numTokens(), response.tokenUsage().outputTokenCount());
        assertEquals(
                own.finish() == Generation.Finish.LENGTH ? FinishReason.LENGTH : FinishReason.STOP,
                response.finishReason());
        assertEquals(lm.chat("Why?", GREEDY).text(), chat.chat("Why?"));
    }

    @Test
    void aRequestsOwnSettings() {
        LmChatModel chat = new LmChatModel(lm, GREEDY);
        ChatRequest request = ChatRequest.builder()
                .messages(UserMessage.from("Why?"))
                .maxOutputTokens(3)
                .temperature(0.9)
                .topK(5)
                .topP(0.8)
                .build();
        Generation own = lm.chat(
                "Why?",
                GenerationConfig.greedy(3).withTemperature(0.9).withTopK(5).withTopP(0.8));
        ChatResponse response = chat.chat(request);
        assertEquals(own.text(), response.aiMessage().text());
        assertEquals(own.numTokens(), response.tokenUsage().outputTokenCount());
    }

    @Test
    void whatTheModelCannotDo() {
        LmChatModel chat = new LmChatModel(lm, GREEDY);
        ChatRequest tools = ChatRequest.builder()
                .messages(UserMessage.from("Why?"))
                .toolSpecifications(ToolSpecification.builder()
                        .name("clock")
                        .description("time")
                        .build())
                .build();
        assertTrue(assertThrows(BadInputException.class, () -> chat.chat(tools))
                .getMessage()
                .contains("tools"));
        UserMessage picture =
                UserMessage.from(TextContent.from("What is this?"), ImageContent.from("http://localhost/x.png"));
        assertThrows(BadInputException.class, () -> chat.chat(picture));
    }
}
