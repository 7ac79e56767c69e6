"""Every way to reach Dalil: the terminal and the chat page."""
