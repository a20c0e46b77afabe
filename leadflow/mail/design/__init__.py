"""Mail made of blocks: the block set, the way from a document to the programs that write a message
(MJML and CSS inlining once, when it is published), and what is checked before."""
