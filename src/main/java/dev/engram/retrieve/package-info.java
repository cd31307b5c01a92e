/**
 * Finding the texts that belong to a question: {@link dev.engram.retrieve.Embedders embedding models}, stores (exact in memory,
 * an index on disk, or any other {@code EmbeddingStore} of LangChain4j), strategies, and the prompt of retrieval-augmented
 * generation (seed 003, sections 3.1, 4.4, 5.3 and 6.3).
 *
 * <pre>{@code
 * try (ExactStore store = new ExactStore()) {
 *     EmbeddingRetriever retriever = new EmbeddingRetriever(Embedders.english(), store, new RetrievalStrategy.TopK());
 *     retriever.add("f1", "Orskerry is governed from Ruskosk.");
 *     List<Hit> hits = retriever.retrieve("What is the capital of Orskerry?", 5);
 *     System.out.println(lm.chat(RagPrompt.standard().plain("What is the capital of Orskerry?", hits), greedy(20)).text());
 * }
 * }</pre>
 *
 * <p>A PostgreSQL with pgvector serves several machines. Add {@code dev.langchain4j:langchain4j-pgvector} (the version in pom.xml) to the
 * class path; its rows have UUIDs, which {@link dev.engram.retrieve.NamedStore} derives from names:
 *
 * <pre>{@code
 * EmbeddingStore<TextSegment> store = new NamedStore(PgVectorEmbeddingStore.builder()
 *         .host("localhost").port(5432).database("postgres").user("engram").password(password)
 *         .table("halcyon").dimension(Embedders.english().dimension()).build());
 * }</pre>
 */
package dev.engram.retrieve;
