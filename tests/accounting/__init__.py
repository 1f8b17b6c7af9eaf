from . import test_account_books
from . import test_account_documents
from . import test_account_export
from . import test_account_races
from . import test_account_walk
from . import test_project_revenue
from . import test_recognition
