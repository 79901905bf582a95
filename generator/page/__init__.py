"""A fleet as one HTML page that needs nothing else: no network, no server, no second file.

    specs -> Site of each cluster -> FleetPage -> compact JSON -> one document

Comes in: the specs of a repository, which clusters are meant, a plan where one is to be shown. Goes out: the text of the
page. Not here: anything computed that another command says as well, printing, and the file that the page is written to.
"""
