"""A live dashboard, a notebook widget and a page that opens from disk: one set of views.

    Python half (a channel)  ⇄  messages  ⇄  view (an ES module)

`lawful open` serves the views (`lawful[web]`), `lawful.widgets` puts them into a notebook
(`lawful[notebook]`), `lawful export` writes a run's views into one page. Importing this
package loads neither a server nor a notebook.
"""
